// Reports of a polled USB button in plain C: the same work as the decoder. Takes each report by its
// length, compares it with the last, looks up the state, hands out a press or a sign of life.
#include "CBaselines.h"

#include <string.h>

enum { CHECK_IN = 25, SOS = 0, UNKNOWN = 14 };

void baseline_hid_button(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *end = bytes + count;
    uint64_t last = 0;
    while (bytes < end) {
        if (bytes[0] != 8) {
            bytes++;
            continue;
        }
        if (end - bytes < 9) break;
        uint64_t report;
        memcpy(&report, bytes + 1, 8);
        struct baseline_event event = {
            .kind = CHECK_IN, .reported_at = INT64_MIN, .battery = 255, .signal = 255,
            .held_bit = 255};
        event.code.count = 2;
        event.code.bytes[0] = digits[bytes[1] >> 4];
        event.code.bytes[1] = digits[bytes[1] & 15];
        if (report != last) {
            int is_known = bytes[1] >= 0x15 && bytes[1] <= 0x17;
            for (int index = 2; index < 8; index++) is_known &= bytes[index] == 0;
            if (!is_known) event.kind = UNKNOWN;
            else if (bytes[1] == 0x16) event.kind = SOS;
        }
        last = report;
        handler->event(handler, &event);
        handler->frame(handler, bytes, 9, NULL, 0);
        bytes += 9;
    }
}
