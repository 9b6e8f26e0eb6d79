// Eview EV-07B in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds frames, verifies the length and the CRC, looks for a whole frame inside, reads the
// records into a report, and hands out an event for each alarm bit, and the response.
#include "CBaselines.h"

#include <string.h>

enum { HEADER = 8, BODY_MAX = 2040 };

enum kind {
    SOS, FALL, GEOFENCE_EXIT, INACTIVITY, HELP_NEEDED, REMOVED, UNKNOWN, BATTERY_LOW, POWER_LOST,
    COMMUNICATION_FAULT, GEOFENCE_ENTER, CHECK_IN, POSITION
};

struct meaning {
    uint8_t kind, is_restored;
    const char *fence;
};

static const struct meaning meanings[64] = {
    {BATTERY_LOW, 0, 0}, {UNKNOWN, 0, 0}, {FALL, 0, 0}, {HELP_NEEDED, 0, 0},
    {GEOFENCE_EXIT, 0, "1"}, {GEOFENCE_EXIT, 0, "2"}, {GEOFENCE_EXIT, 0, "3"},
    {GEOFENCE_EXIT, 0, "4"}, {POWER_LOST, 0, 0}, {POWER_LOST, 1, 0}, {UNKNOWN, 0, 0},
    {INACTIVITY, 0, 0}, {SOS, 0, 0}, {HELP_NEEDED, 0, 0}, {HELP_NEEDED, 0, 0}, {CHECK_IN, 0, 0},
    {CHECK_IN, 0, 0}, {SOS, 1, 0}, {HELP_NEEDED, 0, 0}, {HELP_NEEDED, 0, 0}, {HELP_NEEDED, 1, 0},
    {FALL, 1, 0}, {HELP_NEEDED, 1, 0}, {CHECK_IN, 0, 0}, {GEOFENCE_EXIT, 0, "home"},
    {GEOFENCE_ENTER, 0, "home"}, {GEOFENCE_ENTER, 0, "1"}, {GEOFENCE_ENTER, 0, "2"},
    {GEOFENCE_ENTER, 0, "3"}, {GEOFENCE_ENTER, 0, "4"}, {COMMUNICATION_FAULT, 0, 0},
    {UNKNOWN, 0, 0}, {REMOVED, 0, 0},
};
static const uint8_t ranks[13] = {0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3};

static uint16_t table[256];

__attribute__((constructor)) static void fill_table(void) {
    for (int byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)(byte << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        table[byte] = crc;
    }
}

static uint16_t crc16(const uint8_t *bytes, size_t count) {
    uint16_t crc = 0;
    for (size_t i = 0; i < count; i++) crc = (uint16_t)(crc << 8 ^ table[crc >> 8 ^ bytes[i]]);
    return crc;
}

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t u32(const uint8_t *p) { return (uint32_t)u16(p) | (uint32_t)u16(p + 2) << 16; }

static size_t frame_end(const uint8_t *frame) {
    size_t length = u16(frame + 2);
    return length > 0 && length <= BODY_MAX ? HEADER + length : 0;
}

static int is_intact(const uint8_t *frame, size_t end) {
    return crc16(frame + HEADER, end - HEADER) == u16(frame + 4);
}

// Where another report is whole inside the `count` bytes of a frame that goes to `end`, or 0.
static size_t frame_inside(const uint8_t *bytes, size_t count, size_t end) {
    size_t found = 0, candidates = 0, at = 1;
    const uint8_t *hit;
    while (at < count && candidates < 4 && (hit = memchr(bytes + at, 0xAB, count - at))) {
        size_t first = (size_t)(hit - bytes);
        at = first + 1;
        if (first + HEADER + 3 > count) continue;
        if ((hit[8] != 1 && hit[8] != 3) || hit[9] != 16 || hit[10] != 1) continue;
        size_t length = frame_end(hit);
        if (!length) continue;
        candidates++;
        if (first + length >= end || first + length > count || !is_intact(hit, length)) continue;
        end = first + length;
        found = first;
    }
    return found;
}

struct report {
    uint64_t bits;
    uint32_t alarm_time, time, status;
    int has_alarm, has_general, has_place;
    int32_t latitude, longitude;
    uint16_t speed, course, precision;
    int16_t altitude;
};

static void decimal(struct baseline_text *out, uint32_t value) {
    out->count = 0;
    if (value > 9) out->bytes[out->count++] = (char)('0' + value / 10);
    out->bytes[out->count++] = (char)('0' + value % 10);
}

static void locate(const struct report *r, struct baseline_event *e) {
    int64_t fixed = INT64_MIN;
    if (r->has_general) {
        if (r->time) e->reported_at = fixed = (int64_t)r->time * 1000000;
        e->is_late = r->status >> 7 & 1;
        e->signal = (uint8_t)(((r->status >> 19 & 31) * 100 + 15) / 31);
        if (r->status >> 24 <= 100) e->battery = (uint8_t)(r->status >> 24);
    }
    if (!r->has_place || r->latitude > 900000000 || r->latitude < -900000000
        || r->longitude > 1800000000 || r->longitude < -1800000000)
        return;
    e->has_position = 1;
    struct baseline_position *p = &e->position;
    p->latitude = r->latitude;
    p->longitude = r->longitude;
    p->is_valid = r->precision != 0;
    p->fixed_at = p->is_valid ? fixed : INT64_MIN;
    p->altitude = r->altitude * 100;
    p->speed = (r->speed * 10000 + 18) / 36;
    p->course = r->course < 360 ? r->course * 100 : -1;
}

static void read_records(
    const uint8_t *at, const uint8_t *end, struct report *r, struct baseline_text *address) {
    while (at + 1 < end) {
        size_t length = at[0];
        if (!length || at + 1 + length > end) return;
        const uint8_t *value = at + 2;
        switch (at[1]) {
        case 0x01:
            if (length == 16) {
                for (int i = 0; i < 15; i++)
                    if ((uint8_t)(value[i] - '0') > 9) return;
                memcpy(address->bytes, value, 15);
                address->count = 15;
            }
            break;
        case 0x02:
            if (length >= 5) r->bits = u32(value), r->has_alarm = 1;
            if (length >= 9) r->alarm_time = u32(value + 4);
            if (length >= 13) r->bits |= (uint64_t)u32(value + 8) << 32;
            break;
        case 0x20:
            if (length >= 17) {
                r->latitude = (int32_t)u32(value);
                r->longitude = (int32_t)u32(value + 4);
                r->speed = u16(value + 8);
                r->course = u16(value + 10);
                r->altitude = (int16_t)u16(value + 12);
                r->precision = u16(value + 14);
                r->has_place = 1;
            }
            break;
        case 0x24:
            if (length >= 9) r->time = u32(value), r->status = u32(value + 4), r->has_general = 1;
            break;
        }
        at += 1 + length;
    }
}

static void events(
    const struct report *r, struct baseline_event *e, struct baseline_handler *handler) {
    locate(r, e);
    if (r->has_alarm) {
        uint64_t bits = r->bits & ~((r->bits & 0xFull << 26) >> 22);
        struct baseline_event alarm = *e;
        if (r->alarm_time) alarm.reported_at = (int64_t)r->alarm_time * 1000000;
        for (int rank = 0; rank < 4; rank++) {
            for (uint64_t left = bits; left; left &= left - 1) {
                int bit = __builtin_ctzll(left);
                const struct meaning *m = &meanings[bit];
                if (ranks[m->kind] != rank) continue;
                alarm.kind = m->kind;
                alarm.is_restored = m->is_restored;
                decimal(&alarm.code, (uint32_t)bit);
                alarm.fence.count = m->fence ? (uint8_t)strlen(m->fence) : 0;
                if (m->fence) memcpy(alarm.fence.bytes, m->fence, alarm.fence.count);
                handler->event(handler, &alarm);
            }
        }
        if (!e->has_position) return;
    }
    e->kind = e->has_position ? POSITION : CHECK_IN;
    handler->event(handler, e);
}

void baseline_ev07b(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    size_t offset = 0;
    while (offset < count) {
        const uint8_t *frame = bytes + offset;
        size_t left = count - offset, end = 0, inside = 0;
        if (*frame == 0xAB) {
            if (left < HEADER) break;
            end = frame_end(frame);
            if (end && (inside = frame_inside(frame, left < end ? left : end, end))) {
                offset += inside;
                continue;
            }
            if (end > left) break;
        }
        if (!end || !is_intact(frame, end)) {
            const uint8_t *next = memchr(frame + 1, 0xAB, left - 1);
            offset = next ? (size_t)(next - bytes) : count;
            continue;
        }
        struct baseline_event e = {
            .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
        e.serial = u16(frame + 6);
        struct report r = {0};
        if (frame[HEADER] == 1 || frame[HEADER] == 3)
            read_records(frame + HEADER + 1, frame + end, &r, &e.address);
        events(&r, &e, handler);
        uint8_t reply[11] = {0xAB, 0, 3, 0, 0x08, 0xC7, frame[6], frame[7], 0x7F, 1, 0};
        size_t reply_count = frame[1] & 0x10 && frame[HEADER] != 0x7F ? sizeof reply : 0;
        offset += end;
        handler->frame(handler, frame, end, reply, reply_count);
    }
}
