// GT06 in plain C: what a careful C programmer would write for the same work as the decoder. Finds
// frames by their start, verifies length, end and CRC, makes sure that no other good frame lies
// inside, decodes every field of logins, locations, alarms and heartbeats, and hands out an event
// for each thing that is said, and the acknowledgement.
#include "CBaselines.h"
#include "crc16.h"

#include <string.h>

enum { LENGTH_MIN = 5, LENGTH_MAX = 2048 };

enum kind {
    NONE, SOS, FALL, GEOFENCE_EXIT, HELP_NEEDED, INTRUSION, REMOVED, UNKNOWN, BATTERY_LOW, TAMPER,
    POWER_LOST, COMMUNICATION_FAULT, GEOFENCE_ENTER, CHECK_IN, POSITION
};

static const uint8_t ranks[15] = {9, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3};
static const uint8_t alarms[256] = {
    [0x01] = SOS,         [0x02] = POWER_LOST,  [0x04] = GEOFENCE_ENTER, [0x05] = GEOFENCE_EXIT,
    [0x0E] = BATTERY_LOW, [0x0F] = BATTERY_LOW, [0x10] = TAMPER,         [0x11] = POWER_LOST,
    [0x13] = TAMPER,      [0x14] = INTRUSION,   [0x15] = POWER_LOST,     [0x18] = TAMPER,
    [0x19] = BATTERY_LOW, [0x23] = FALL,        [0x25] = TAMPER,         [0x2C] = HELP_NEEDED,
    [0x32] = REMOVED,
};
static const uint8_t infos[8] = {
    NONE, UNKNOWN, POWER_LOST, BATTERY_LOW, SOS, UNKNOWN, GEOFENCE_EXIT, REMOVED};

static uint16_t tables[8][256];

__attribute__((constructor)) static void fill_tables(void) { crc16_fill(tables, 0x8408); }

static uint16_t crc16(const uint8_t *bytes, size_t count) {
    return (uint16_t)~crc16_reflected(tables, bytes, count, 0xFFFF);
}

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t u32(const uint8_t *p) { return (uint32_t)u16(p) << 16 | u16(p + 2); }

// Bytes of a frame that is good as far as its length says, else 0; `claimed` is what it says.
static size_t good_frame(const uint8_t *p, size_t count, size_t *claimed) {
    *claimed = 0;
    if (count < 4 || p[0] != p[1] || (p[0] != 0x78 && p[0] != 0x79)) return 0;
    size_t front = p[0] == 0x78 ? 3 : 4, length = front == 3 ? p[2] : u16(p + 2);
    if (length < LENGTH_MIN || length > LENGTH_MAX) return 0;
    *claimed = front + length + 2;
    if (count < *claimed) return 0;
    const uint8_t *end = p + *claimed - 2;
    if (end[0] != 0x0D || end[1] != 0x0A) return 0;
    return crc16(p + 2, *claimed - 6) == u16(end - 2) ? *claimed : 0;
}

static int holds_another(const uint8_t *p, size_t count) {
    size_t claimed;
    for (int mark = 0x78; mark <= 0x79; mark++) {
        const uint8_t *at = p + 1, *end = p + count;
        while (at < end && (at = memchr(at, mark, (size_t)(end - at)))) {
            if (good_frame(at, (size_t)(end - at), &claimed)) return 1;
            at++;
        }
    }
    return 0;
}

static int64_t device_time(const uint8_t *p) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 2000 + p[0], month = p[1], day = p[2];
    if (p[0] > 99 || month < 1 || month > 12 || day < 1 || p[3] > 23 || p[4] > 59 || p[5] > 60)
        return INT64_MIN;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + (month == 2 && leap)) return INT64_MIN;
    int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t d = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return (((d * 24 + p[3]) * 60 + p[4]) * 60 + p[5]) * 1000000;
}

static void place(const uint8_t *p, struct baseline_event *e) {
    e->reported_at = device_time(p);
    uint32_t latitude = u32(p + 7), longitude = u32(p + 11);
    uint16_t course = u16(p + 16);
    e->has_position = latitude <= 162000000 && longitude <= 324000000;
    if (!e->has_position) return;
    struct baseline_position *to = &e->position;
    int32_t north = (int32_t)(((uint64_t)latitude * 50 + 4) / 9);
    int32_t east = (int32_t)(((uint64_t)longitude * 50 + 4) / 9);
    to->latitude = course & 1 << 10 ? north : -north;
    to->longitude = course & 1 << 11 ? -east : east;
    to->is_valid = (course & 1 << 12) != 0;
    to->fixed_at = to->is_valid ? e->reported_at : INT64_MIN;
    to->speed = (p[15] * 10000 + 18) / 36;
    to->course = (course & 0x3FF) < 360 ? (course & 0x3FF) * 100 : -1;
}

static void hex(struct baseline_text *to, uint8_t byte) {
    to->bytes[0] = "0123456789abcdef"[byte >> 4];
    to->bytes[1] = "0123456789abcdef"[byte & 15];
    to->count = 2;
}

// Information, battery, signal, alarm: up to three alarms, the gravest first.
static void state(
    const uint8_t *p, const uint8_t *end, struct baseline_event *e,
    struct baseline_handler *handler) {
    if (end - p < 3) return;
    uint8_t info = p[0] >> 3 & 7, level = p[1], alarm = end - p > 3 ? p[3] : 0;
    if (p[2] <= 4) e->signal = (uint8_t)(p[2] * 25);
    int is_low = info == 3 || level <= 2;
    e->held_conditions = (info == 2 ? 4u : 0u) | (is_low ? 8u : 0u);
    if (!alarm && !info && !is_low) return;
    struct baseline_event told = *e;
    told.held_conditions = 0;
    int kind = alarm ? alarms[alarm] ? alarms[alarm] : UNKNOWN : NONE;
    int info_kind = infos[info], level_kind = is_low && info != 3 ? BATTERY_LOW : NONE;
    if (kind == info_kind) info_kind = NONE;
    if (kind == BATTERY_LOW) level_kind = NONE;
    for (int rank = 0; rank < 4; rank++) {
        if (ranks[kind] == rank) {
            told.kind = (uint8_t)kind;
            hex(&told.code, alarm);
            handler->event(handler, &told);
        }
        if (ranks[info_kind] == rank) {
            told.kind = (uint8_t)info_kind;
            memcpy(told.code.bytes, "info", 4);
            told.code.bytes[4] = (char)('0' + info);
            told.code.count = 5;
            handler->event(handler, &told);
        }
        if (ranks[level_kind] == rank) {
            told.kind = (uint8_t)level_kind;
            memcpy(told.code.bytes, "level", 5);
            told.code.bytes[5] = (char)('0' + level);
            told.code.count = 6;
            told.held_bit = 3;
            handler->event(handler, &told);
        }
    }
}

// Hands out the events of one message.
static void message(
    uint8_t type, uint16_t serial, const uint8_t *p, size_t count, struct baseline_text *address,
    struct baseline_handler *handler) {
    struct baseline_event e = {
        .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN,
        .serial = serial};
    const uint8_t *end = p + count;
    if (type == 0x01 && count >= 8) {
        for (int i = 1; i < 16; i++)
            address->bytes[i - 1] = "0123456789abcdef"[i & 1 ? p[i / 2] & 15 : p[i / 2] >> 4];
        address->count = 15;
    }
    e.address = *address;
    if (type == 0x22 && count >= 18) {
        place(p, &e);
        size_t late = count > 18 ? 18u + 8u + (p[18] >> 7) + 2u : count;
        e.is_late = late < count && p[late] == 1;
    } else if (type == 0x26 && count > 18) {
        place(p, &e);
        size_t start = 18u + (p[18] ? p[18] : 1u);
        if (start < count) state(p + start, end, &e, handler);
    } else if (type == 0x13) {
        state(p, end, &e, handler);
    }
    e.kind = e.has_position ? POSITION : CHECK_IN;
    handler->event(handler, &e);
}

void baseline_gt06(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    struct baseline_text address = {0};
    size_t offset = 0;
    while (offset < count) {
        const uint8_t *frame = bytes + offset;
        size_t rest = count - offset, claimed;
        size_t length = good_frame(frame, rest, &claimed);
        size_t inside = claimed && claimed - 1 < rest ? claimed - 1 : rest;
        if (!length || holds_another(frame, inside)) {
            offset++;
            continue;
        }
        size_t front = frame[0] == 0x78 ? 3 : 4;
        const uint8_t *serial = frame + length - 6;
        message(
            frame[front], u16(serial), frame + front + 1, (size_t)(serial - frame) - front - 1,
            &address, handler);
        uint8_t reply[10] = {0x78, 0x78, 5, frame[front], serial[0], serial[1], 0, 0, 0x0D, 0x0A};
        uint16_t check = crc16(reply + 2, 4);
        reply[6] = (uint8_t)(check >> 8);
        reply[7] = (uint8_t)check;
        handler->frame(handler, frame, length, reply, sizeof reply);
        offset += length;
    }
}
