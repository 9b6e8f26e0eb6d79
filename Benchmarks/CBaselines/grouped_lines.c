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

static int decode(
    const uint8_t *bytes, size_t count, uint8_t last_letter, struct baseline_event *e) {
    if (count > 0 && bytes[0] == '\n') bytes++, count--;
    if (count < 2 || !is_receiver_digit(bytes[0], last_letter)
        || !is_receiver_digit(bytes[1], last_letter))
        return 0;
    return read_printed_event(bytes, count, 2, 1, e) || is_heartbeat(bytes, count);
}

static void decode_lines(
    const uint8_t *bytes, size_t count, uint8_t last_letter, struct baseline_handler *handler) {
    static const uint8_t ack = 0x06;
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        const uint8_t *terminator = memchr(bytes, '\r', (size_t)(end - bytes));
        if (!terminator) break;
        struct baseline_event event = {
            .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
        if (decode(bytes, (size_t)(terminator - bytes), last_letter, &event)) {
            handler->event(handler, &event);
            handler->frame(handler, bytes, (size_t)(terminator - bytes) + 1, &ack, 1);
        }
        bytes = terminator + 1;
    }
}

void baseline_ademco685(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, 'F', handler);
}

void baseline_fbii(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, 'Z', handler);
}
