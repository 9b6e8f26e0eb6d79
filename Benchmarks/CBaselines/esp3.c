// EnOcean ESP3 in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the sync byte, checks both CRCs byte by byte over a table, decodes a telegram of a
// push button or a contact, names the button, hands out the event. Nobody is answered.
#include "CBaselines.h"

#include <string.h>

static uint8_t crc_table[256];

__attribute__((constructor)) static void fill_crc_table(void) {
    for (int byte = 0; byte < 256; byte++) {
        uint8_t crc = (uint8_t)byte;
        for (int bit = 0; bit < 8; bit++) crc = (uint8_t)(crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1);
        crc_table[byte] = crc;
    }
}

static uint8_t crc8(const uint8_t *bytes, size_t count) {
    uint8_t crc = 0;
    for (size_t index = 0; index < count; index++) crc = crc_table[crc ^ bytes[index]];
    return crc;
}

static void hex(struct baseline_text *text, const uint8_t *bytes, int count) {
    static const char digits[] = "0123456789abcdef";
    text->count = (uint8_t)(count * 2);
    for (int index = 0; index < count; index++) {
        text->bytes[index * 2] = digits[bytes[index] >> 4];
        text->bytes[index * 2 + 1] = digits[bytes[index] & 15];
    }
}

enum { CHECK_IN = 25, SOS = 0, UNKNOWN = 14 };

// What a rocker's data and status mean: the kind of event, and the button in `zone`, which the
// decoder tells as text.
static uint8_t rocker(uint8_t data, uint8_t status, struct baseline_event *e) {
    int is_press = data & 0x10, first = data >> 5;
    if (status & 0x10) {
        if (!is_press) return CHECK_IN;
        e->zone = (uint32_t)first;
        if (data & 1) e->zone |= (uint32_t)(data >> 1 & 7) << 4;
        return SOS;
    }
    if ((status & 0x20) && first != 0 && first != 3) return UNKNOWN;
    return is_press ? SOS : CHECK_IN;
}

static void decode(const uint8_t *data, size_t count, const uint8_t *optional,
                   size_t optional_count, struct baseline_event *e) {
    e->kind = CHECK_IN;
    if (count != 7 || (data[0] != 0xF6 && data[0] != 0xD5)) return;
    hex(&e->code, data + 1, 1);
    hex(&e->address, data + 2, 4);
    if (optional_count == 7 && optional[5] != 255) {
        int margin = (95 - (int)optional[5]) * 2;
        e->signal = (uint8_t)(margin < 0 ? 0 : margin > 100 ? 100 : margin);
    }
    if (data[0] == 0xF6) e->kind = rocker(data[1], data[6], e);
}

void baseline_esp3(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        bytes = memchr(bytes, 0x55, (size_t)(end - bytes));
        if (!bytes || end - bytes < 7) break;
        size_t data = (size_t)bytes[1] << 8 | bytes[2], content = data + bytes[3];
        size_t longest = bytes[4] == 7 || bytes[4] == 9 ? 512 : 64;
        if (crc8(bytes + 1, 4) != bytes[5] || data == 0 || content > longest) {
            bytes++;
            continue;
        }
        if ((size_t)(end - bytes) < content + 7) break;
        if (crc8(bytes + 6, content) != bytes[6 + content]) {
            bytes++;
            continue;
        }
        struct baseline_event event = {
            .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
        if (bytes[4] == 1) decode(bytes + 6, data, bytes + 6 + data, bytes[3], &event);
        handler->event(handler, &event);
        handler->frame(handler, bytes, content + 7, NULL, 0);
        bytes += content + 7;
    }
}
