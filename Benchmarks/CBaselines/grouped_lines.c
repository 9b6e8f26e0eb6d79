// Lines of an Ademco 685 and of an FBII CP-220 in plain C: what a careful C programmer would write
// for the same work as the decoder. Finds the terminator, checks every byte of a line, decodes all
// fields, looks up the kind, hands out the event and the ACK. memchr is the C library's.
#include "contact_id.h"

static int is_receiver_digit(uint8_t byte, uint8_t last_letter) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= last_letter);
}

// `OKAY@` behind the receiver and its line, the blanks as they come.
static int is_heartbeat(const uint8_t *bytes, size_t count) {
    static const uint8_t okay[5] = {'O', 'K', 'A', 'Y', '@'};
    size_t matched = 0;
    for (size_t index = 2; index < count; index++) {
        if (bytes[index] == ' ') continue;
        if (matched == sizeof okay || bytes[index] != okay[matched]) return 0;
        matched++;
    }
    return matched == sizeof okay;
}

static inline int decode(
    const uint8_t *bytes, size_t count, uint8_t last_letter, struct baseline_event *e) {
    if (count > 0 && bytes[0] == '\n') bytes++, count--;
    if (count < 2 || !is_receiver_digit(bytes[0], last_letter)
        || !is_receiver_digit(bytes[1], last_letter))
        return 0;
    return read_printed_event(bytes, count, 2, 1, e) || is_heartbeat(bytes, count);
}

static int decode_ademco685(const uint8_t *bytes, size_t count, struct baseline_event *e) {
    return decode(bytes, count, 'F', e);
}

static int decode_fbii(const uint8_t *bytes, size_t count, struct baseline_event *e) {
    return decode(bytes, count, 'Z', e);
}

void baseline_ademco685(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, '\r', decode_ademco685, handler);
}

void baseline_fbii(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, '\r', decode_fbii, handler);
}
