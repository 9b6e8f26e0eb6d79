// Sur-Gard lines in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the terminator, checks every byte of a Contact ID line, decodes all fields, looks
// up the kind, hands out the event and the ACK. One loop per field; memchr is the C library's.
#include "contact_id.h"

static int decode(const uint8_t *bytes, size_t count, struct baseline_event *e) {
    if (count < 18 || count > 28 || bytes[0] != '5') return 0;
    size_t at = 1;
    while (at < 6 && bytes[at] != ' ') {
        if (!hex_capitals[bytes[at]]) return 0;
        at++;
    }
    if (at < 4 || bytes[at] != ' ') return 0;
    const int is_receiver = bytes[at - 1] == '0';
    at++;
    if ((bytes[at] != '1' && bytes[at] != '9') || bytes[at + 1] != '8') return 0;
    at += 2;
    const uint8_t *event = bytes + count - 9;
    if (!read_account(bytes + at, count - 9 - at, is_receiver, e)) return 0;
    return read_event(event, event + 4, event + 6, e);
}

void baseline_surgard(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    decode_lines(bytes, count, 0x14, decode, handler);
}
