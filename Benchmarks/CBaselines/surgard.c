// Sur-Gard lines in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the terminator, checks every byte of a Contact ID line, decodes all fields, looks
// up the kind, hands out the event and the ACK. One loop per field; memchr is the C library's.
#include "CBaselines.h"

#include <string.h>

// What an event code means, by the first two digits: enough of a table to cost what a table costs.
static uint8_t kinds[1000];

__attribute__((constructor)) static void fill_kinds(void) {
    for (int code = 0; code < 1000; code++) kinds[code] = (uint8_t)(code / 10 % 26);
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return -1;
}

// `digits` decimal digits; -1 when one is none.
static int number(const uint8_t *bytes, int digits) {
    int value = 0;
    for (int index = 0; index < digits; index++) {
        uint8_t digit = (uint8_t)(bytes[index] - '0');
        if (digit > 9) return -1;
        value = value * 10 + digit;
    }
    return value;
}

static int decode(const uint8_t *bytes, size_t count, struct baseline_event *e) {
    if (count < 18 || count > 28 || bytes[0] != '5') return 0;
    size_t at = 1;
    uint32_t receiver_line = 0;
    while (at < 6 && bytes[at] != ' ') {
        int digit = hex_digit(bytes[at]);
        if (digit < 0) return 0;
        receiver_line = receiver_line << 4 | (uint32_t)digit;
        at++;
    }
    if (at < 4 || bytes[at] != ' ') return 0;
    at++;
    if ((bytes[at] != '1' && bytes[at] != '9') || bytes[at + 1] != '8') return 0;
    at += 2;
    size_t length = count - 9 - at;
    if (length < 3 || length > 10) return 0;
    int is_receiver = (receiver_line & 15) == 0;
    for (size_t index = 0; index < length; index++) {
        int digit = hex_digit(bytes[at + index]);
        if (digit < 0) return 0;
        is_receiver &= digit == 0;
        e->address.bytes[index] = (char)(digit < 10 ? '0' + digit : 'A' + digit - 10);
    }
    e->address.count = is_receiver ? 0 : (uint8_t)length;
    at += length;
    int qualifier;
    switch (bytes[at++]) {
    case 'E': case '1': qualifier = 1; break;
    case 'R': case '3': qualifier = 3; break;
    case 'P': case '6': qualifier = 6; break;
    default: return 0;
    }
    int code = number(bytes + at, 3), partition = number(bytes + at + 3, 2);
    int zone = number(bytes + at + 5, 3);
    if (code < 0 || partition < 0 || zone < 0) return 0;
    e->kind = kinds[code];
    e->is_restored = qualifier == 3 && (code < 400 || code > 499);
    e->code.count = 4;
    e->code.bytes[0] = (char)('0' + qualifier);
    memcpy(e->code.bytes + 1, bytes + at, 3);
    e->partition = (uint16_t)partition;
    e->zone = (uint32_t)zone;
    return 1;
}

void baseline_surgard(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    static const uint8_t ack = 0x06;
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        const uint8_t *terminator = memchr(bytes, 0x14, (size_t)(end - bytes));
        if (!terminator) break;
        struct baseline_event event = {
            .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
        if (decode(bytes, (size_t)(terminator - bytes), &event)) {
            handler->event(handler, &event);
            handler->frame(handler, bytes, (size_t)(terminator - bytes) + 1, &ack, 1);
        }
        bytes = terminator + 1;
    }
}
