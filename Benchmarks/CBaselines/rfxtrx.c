// RFXtrx packets in plain C: what a careful C programmer would write for the same work as the
// decoder. Tells packets from noise by type and length, decodes security packets with tamper,
// battery and signal, looks up the meaning of the status, hands out one to four events.
#include "CBaselines.h"

#include <string.h>

enum { CHECK_IN = 25, SOS = 0, SMOKE = 5, TAMPER = 16, BATTERY_LOW = 15, INFORMATION = 22 };

static uint8_t kinds[128];
static uint8_t lengths[256][2];  // least and most, 0 where the type is not known

__attribute__((constructor)) static void fill_tables(void) {
    static const uint8_t types[][3] = {
        {0x01, 13, 20}, {0x02, 4, 4},   {0x03, 5, 12},  {0x10, 7, 7},   {0x11, 11, 11},
        {0x12, 8, 8},   {0x13, 9, 9},   {0x14, 10, 10}, {0x15, 11, 11}, {0x16, 7, 7},
        {0x20, 8, 8},   {0x4E, 10, 10}, {0x50, 8, 8},   {0x51, 8, 8},   {0x52, 10, 10},
        {0x53, 9, 9},   {0x54, 13, 13}, {0x55, 11, 11}, {0x56, 16, 16}, {0x57, 9, 9}};
    for (size_t index = 0; index < sizeof types / sizeof types[0]; index++)
        memcpy(lengths[types[index][0]], types[index] + 1, 2);
    static const uint8_t meanings[] = {
        CHECK_IN, CHECK_IN, 10, 10, CHECK_IN, 9, SOS, SOS, CHECK_IN, 14, 14, 14, 14, 14};
    memset(kinds, 14, sizeof kinds);
    memcpy(kinds, meanings, sizeof meanings);
    memset(kinds + 0x10, CHECK_IN, 6);
    kinds[0x16] = BATTERY_LOW;
    kinds[0x17] = INFORMATION;
}

static void hex(struct baseline_text *text, const uint8_t *bytes, int count) {
    static const char digits[] = "0123456789abcdef";
    text->count = (uint8_t)(count * 2);
    for (int index = 0; index < count; index++) {
        text->bytes[index * 2] = digits[bytes[index] >> 4];
        text->bytes[index * 2 + 1] = digits[bytes[index] & 15];
    }
}

static void security(const uint8_t *p, struct baseline_handler *handler) {
    struct baseline_event event = {
        .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
    int is_detector = p[2] == 0x03 || p[2] == 0x09 || p[2] == 0x0A;
    uint8_t status = p[7] & 0x7F, level = p[8] & 15, kind = kinds[status];
    if (is_detector && (status == 6 || status == 7)) kind = SMOKE;
    int is_tampered = p[7] >> 7;
    int is_low = kind == BATTERY_LOW || (!is_detector && level <= 1);
    hex(&event.address, p + 4, 3);
    event.serial = p[3];
    event.signal = (uint8_t)(((p[8] >> 4) * 100 + 7) / 15);
    if (!is_detector && level <= 9) event.battery = (uint8_t)((level * 100 + 4) / 9);
    struct baseline_event told = event;
    hex(&told.code, &status, 1);
    told.kind = kind;
    told.is_restored = status == 7;
    int is_event = kind != CHECK_IN && kind != BATTERY_LOW;
    if (is_event && kind < INFORMATION) handler->event(handler, &told);
    if (is_tampered) {
        struct baseline_event held = event;
        static const uint8_t bit = 0x80;
        held.kind = TAMPER;
        hex(&held.code, &bit, 1);
        held.held_bit = 0;
        handler->event(handler, &held);
    }
    if (is_low) {
        struct baseline_event held = event;
        held.kind = BATTERY_LOW;
        if (kind == BATTERY_LOW) held.code = told.code;
        held.held_bit = 1;
        handler->event(handler, &held);
    }
    if (is_event && kind >= INFORMATION) handler->event(handler, &told);
    told.kind = CHECK_IN;
    told.is_restored = 0;
    told.held_conditions = (uint32_t)(is_tampered | is_low << 1);
    handler->event(handler, &told);
}

void baseline_rfxtrx(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    while (end - bytes >= 2) {
        const uint8_t *range = lengths[bytes[1]];
        if (range[0] == 0 || bytes[0] < range[0] || bytes[0] > range[1]) {
            bytes++;
            continue;
        }
        size_t length = (size_t)bytes[0] + 1;
        if ((size_t)(end - bytes) < length) break;
        if (bytes[1] == 0x20) {
            security(bytes, handler);
        } else {
            struct baseline_event event = {
                .kind = CHECK_IN, .reported_at = INT64_MIN, .battery = 255, .signal = 255,
                .held_bit = 255};
            hex(&event.code, bytes + 1, 1);
            event.serial = bytes[3];
            handler->event(handler, &event);
        }
        handler->frame(handler, bytes, length, NULL, 0);
        bytes += length;
    }
}
