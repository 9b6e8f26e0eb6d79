// Lines of a Radionics 6500 in plain C: what a careful C programmer would write for the same work
// as the decoder. Finds the terminator, checks every byte of a line, decodes all fields, looks up
// the kind, hands out the event and the ACK. memchr is the C library's.
#include "contact_id.h"

// One `@` among blanks behind the receiver and its line.
static int is_heartbeat(const uint8_t *bytes, size_t count) {
    int marks = 0;
    for (size_t index = 4; index < count; index++) {
        if (bytes[index] == ' ') continue;
        if (bytes[index] != '@') return 0;
        marks++;
    }
    return marks == 1;
}

static int decode(const uint8_t *bytes, size_t count, struct baseline_event *e) {
    while (count > 0 && (bytes[count - 1] == '\r' || bytes[count - 1] == '\n')) count--;
    if (count > 0 && bytes[0] == ' ') bytes++, count--;
    if (count < 5) return 0;
    for (int index = 1; index < 4; index++)
        if (!bytes[index] || hex_capitals[bytes[index]] != bytes[index]) return 0;
    switch (bytes[0]) {
    case 'a': return read_printed_event(bytes + 1, count - 1, 3, 0, e);
    case '1': return is_heartbeat(bytes, count);
    default: return 0;
    }
}

void baseline_radionics6500(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, 0x14, decode, handler);
}
