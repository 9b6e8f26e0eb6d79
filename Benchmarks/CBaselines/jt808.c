// JT/T 808 in plain C: what a careful C programmer would write for the same work as the decoder.
// Finds frames between 7E, verifies escapes, checksum and length, decodes every field of a location
// report with its items, and hands out an event for each alarm bit, and the answer.
#include "CBaselines.h"

#include <string.h>

enum { CONTENT_MAX = 1045, FRAME_MAX = 2 + 2 * CONTENT_MAX };

enum kind {
    SOS, GEOFENCE_EXIT, HELP_NEEDED, UNKNOWN, BATTERY_LOW, POWER_LOST, DEVICE_FAULT,
    GEOFENCE_ENTER, CHECK_IN, POSITION
};

static const uint8_t kinds[32] = {
    SOS,          UNKNOWN,       UNKNOWN,       HELP_NEEDED,  DEVICE_FAULT, DEVICE_FAULT,
    DEVICE_FAULT, BATTERY_LOW,   POWER_LOST,    DEVICE_FAULT, DEVICE_FAULT, DEVICE_FAULT,
    DEVICE_FAULT, UNKNOWN,       UNKNOWN,       UNKNOWN,      UNKNOWN,      UNKNOWN,
    UNKNOWN,      UNKNOWN,       GEOFENCE_EXIT, GEOFENCE_EXIT, UNKNOWN,     UNKNOWN,
    DEVICE_FAULT, UNKNOWN,       UNKNOWN,       UNKNOWN,      UNKNOWN,      HELP_NEEDED,
    HELP_NEEDED,  UNKNOWN,
};
static const uint8_t ranks[10] = {0, 1, 1, 1, 2, 2, 2, 3, 3, 3};
// Bits that last as long as their condition.
static const uint32_t held = 0x678FFFF6;

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t u32(const uint8_t *p) { return (uint32_t)u16(p) << 16 | u16(p + 2); }

static int bcd(uint8_t byte) {
    return (byte & 15) < 10 && byte >> 4 < 10 ? (byte >> 4) * 10 + (byte & 15) : -1;
}

// Microseconds since 1970 in UTC, INT64_MIN when it is no time. GMT+8.
static int64_t device_time(const uint8_t *p) {
    int v[6];
    for (int i = 0; i < 6; i++)
        if ((v[i] = bcd(p[i])) < 0) return INT64_MIN;
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 2000 + v[0], month = v[1], day = v[2];
    if (month < 1 || month > 12 || day < 1 || v[3] > 23 || v[4] > 59 || v[5] > 60) return INT64_MIN;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + (month == 2 && leap)) return INT64_MIN;
    int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t d = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return (((d * 24 + v[3]) * 60 + v[4] - 480) * 60 + v[5]) * 1000000;
}

static void decimal(struct baseline_text *out, uint32_t value) {
    char digits[10];
    size_t n = 0;
    do digits[n++] = (char)('0' + value % 10); while (value /= 10);
    out->count = 0;
    while (n) out->bytes[out->count++] = digits[--n];
}

static void location(
    const uint8_t *body, size_t length, struct baseline_event *e,
    struct baseline_handler *handler) {
    uint32_t alarm = u32(body), status = u32(body + 4), lat = u32(body + 8), lon = u32(body + 12);
    e->reported_at = device_time(body + 22);
    e->has_position = lat <= 90000000 && lon <= 180000000;
    if (e->has_position) {
        struct baseline_position *p = &e->position;
        p->latitude = (int32_t)lat * (status & 4 ? -10 : 10);
        p->longitude = (int32_t)lon * (status & 8 ? -10 : 10);
        p->altitude = (int16_t)u16(body + 16) * 100;
        p->speed = (u16(body + 18) * 1000 + 18) / 36;
        p->course = u16(body + 20) < 360 ? u16(body + 20) * 100 : -1;
        p->is_valid = (status & 2) && !(status & 32);
        p->fixed_at = p->is_valid ? e->reported_at : INT64_MIN;
    }
    struct { uint32_t id; uint8_t type, direction; } areas[8];
    size_t area_count = 0;
    for (size_t i = 28; i + 2 <= length;) {
        const uint8_t *value = body + i + 2;
        size_t n = body[i + 1];
        if (i + 2 + n > length) break;
        switch (body[i]) {
        case 0x30:
            if (n == 1 && value[0] <= 31) e->signal = (uint8_t)((value[0] * 100 + 15) / 31);
            break;
        case 0x56:
            if (n == 2 && value[1] <= 100) e->battery = value[1];
            break;
        case 0xD4: case 0xE1:
            if (n == 1 && value[0] <= 100) e->battery = value[0];
            break;
        case 0x12:
            if (n >= 6 && area_count < 8) {
                areas[area_count].type = value[0];
                areas[area_count].id = u32(value + 1);
                areas[area_count++].direction = value[5];
            }
            break;
        }
        i += 2 + n;
    }
    for (int rank = 0; rank < 4 && alarm; rank++) {
        for (uint32_t bits = alarm; bits; bits &= bits - 1) {
            int bit = __builtin_ctz(bits);
            decimal(&e->code, (uint32_t)bit);
            if (bit == 20 || bit == 21) {
                size_t found = 0;
                for (size_t a = 0; a < area_count; a++) {
                    int is_of_bit = (areas[a].type == 4) == (bit == 21);
                    if (!is_of_bit && (alarm & 3 << 20) == 3 << 20) continue;
                    found++;
                    e->kind = areas[a].direction == 0 ? GEOFENCE_ENTER : GEOFENCE_EXIT;
                    decimal(&e->fence, areas[a].id);
                    if (ranks[e->kind] == rank) handler->event(handler, e);
                }
                e->kind = GEOFENCE_EXIT;
                e->fence.count = 0;
                if (!found && rank == 1) handler->event(handler, e);
            } else if (ranks[kinds[bit]] == rank) {
                e->kind = kinds[bit];
                e->held_bit = held >> bit & 1 ? (uint8_t)bit : 255;
                handler->event(handler, e);
            }
        }
    }
    e->kind = e->has_position ? POSITION : CHECK_IN;
    e->code.count = 0;
    e->held_bit = 255;
    e->held_conditions = alarm & held;
    handler->event(handler, e);
}

static size_t put(uint8_t *out, size_t n, uint8_t byte, uint8_t *check) {
    *check ^= byte;
    if (byte == 0x7D || byte == 0x7E) {
        out[n++] = 0x7D;
        out[n++] = (uint8_t)(byte - 0x7C);
    } else {
        out[n++] = byte;
    }
    return n;
}

// The general answer, as it goes to the device.
static size_t answer(const uint8_t *content, size_t number, size_t digits, uint8_t *out) {
    uint8_t check = 0;
    size_t n = 0;
    out[n++] = 0x7E;
    const uint8_t head[4] = {0x80, 0x01, number == 5 ? 0x40 : 0, 5};
    for (int i = 0; i < 4; i++) n = put(out, n, head[i], &check);
    for (size_t i = 4; i < number + digits; i++) n = put(out, n, content[i], &check);
    const uint8_t *serial = content + number + digits;
    const uint8_t rest[7] = {0, 0, serial[0], serial[1], content[0], content[1], 0};
    for (int i = 0; i < 7; i++) n = put(out, n, rest[i], &check);
    n = put(out, n, check, &check);
    out[n++] = 0x7E;
    return n;
}

// Hands out the events of one message; the answer goes to `reply`, its length is returned.
static size_t message(
    const uint8_t *content, size_t header, size_t length, struct baseline_handler *handler,
    uint8_t *reply) {
    uint16_t attributes = u16(content + 2);
    size_t number = attributes & 0x4000 ? 5 : 4, digits = attributes & 0x4000 ? 10 : 6;
    struct baseline_event e = {
        .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
    for (size_t i = 0; i < digits; i++) {
        e.address.bytes[2 * i] = "0123456789abcdef"[content[number + i] >> 4];
        e.address.bytes[2 * i + 1] = "0123456789abcdef"[content[number + i] & 15];
    }
    e.address.count = (uint8_t)(2 * digits);
    e.serial = u16(content + number + digits);
    if (u16(content) == 0x0200 && length >= 28) {
        location(content + header, length, &e, handler);
    } else {
        e.kind = CHECK_IN;
        handler->event(handler, &e);
    }
    return answer(content, number, digits, reply);
}

void baseline_jt808(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    size_t offset = 0;
    while (offset < count) {
        size_t start = offset + (bytes[offset] == 0x7E);
        size_t window = count - offset < FRAME_MAX ? count - offset : FRAME_MAX;
        const uint8_t *stop = start < offset + window
            ? memchr(bytes + start, 0x7E, offset + window - start) : NULL;
        if (!stop) {
            if (window < FRAME_MAX) break;
            offset += window;
            continue;
        }
        size_t end = (size_t)(stop - bytes), length = end - start;
        const uint8_t *frame = bytes + offset, *content = bytes + start;
        uint8_t plain[CONTENT_MAX], check = 0;
        offset = end;
        if (memchr(content, 0x7D, length)) {
            size_t n = 0, i = 0;
            for (; i < length && n < CONTENT_MAX; i++) {
                uint8_t byte = content[i];
                if (byte == 0x7D) {
                    if (++i == length || content[i] < 1 || content[i] > 2) break;
                    byte = (uint8_t)(content[i] + 0x7C);
                }
                plain[n++] = byte;
            }
            if (i < length) continue;
            content = plain;
            length = n;
        }
        for (size_t i = 0; i < length; i++) check ^= content[i];
        if (check != 0 || length < 13) continue;
        uint16_t attributes = u16(content + 2);
        size_t header = 12 + (attributes & 0x4000 ? 5u : 0u) + (attributes & 0x2000 ? 4u : 0u);
        size_t body = attributes & 0x03FF;
        if (length != header + body + 1) continue;
        uint8_t reply[64];
        size_t reply_count = message(content, header, body, handler, reply);
        offset = end + 1;
        handler->frame(handler, frame, (size_t)(bytes + offset - frame), reply, reply_count);
    }
}
