// Queclink @Track in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the end of a report, splits it at its commas, finds places by the time behind two
// coordinates, reads every field, and hands out the events and the acknowledgement.
#include "CBaselines.h"

#include <string.h>

enum { FRAME_MAX = 4096, FIELDS_MAX = 256, POINTS_MAX = 16 };

enum kind {
    SOS, GEOFENCE_EXIT, INACTIVITY, UNKNOWN, BATTERY_LOW, POWER_LOST, COMMUNICATION_FAULT,
    DEVICE_FAULT, GEOFENCE_ENTER, CHECK_IN, POSITION
};

struct meaning {
    char name[4];
    int8_t type;
    uint8_t kind, is_restored;
};

static const struct meaning meanings[] = {
    {"FRI", -1, POSITION, 0},      {"SOS", -1, SOS, 0},           {"GEO", 0, GEOFENCE_EXIT, 0},
    {"GEO", 1, GEOFENCE_ENTER, 0}, {"GEO", -1, GEOFENCE_EXIT, 0}, {"NMR", 1, INACTIVITY, 1},
    {"NMR", -1, INACTIVITY, 0},    {"BPL", -1, BATTERY_LOW, 0},   {"PFA", -1, POWER_LOST, 0},
    {"PNA", -1, POWER_LOST, 1},    {"EPF", -1, POWER_LOST, 0},    {"EPN", -1, POWER_LOST, 1},
    {"MPF", -1, POWER_LOST, 0},    {"MPN", -1, POWER_LOST, 1},    {"SPD", -1, UNKNOWN, 0},
    {"JDR", -1, COMMUNICATION_FAULT, 0}, {"JDS", -1, COMMUNICATION_FAULT, 0},
    {"TEM", -1, UNKNOWN, 0},
    {"DIS", -1, UNKNOWN, 0},       {"BTC", -1, CHECK_IN, 0},      {"STC", -1, CHECK_IN, 0},
    {"SWG", -1, CHECK_IN, 0},      {"DOG", -1, CHECK_IN, 0},      {"LBC", -1, CHECK_IN, 0},
    {"ERI", -1, POSITION, 0},      {"RTL", -1, POSITION, 0},      {"PNL", -1, POSITION, 0},
    {"STT", -1, POSITION, 0},      {"INF", -1, POSITION, 0},
};

struct field {
    const uint8_t *start;
    size_t count;
};

static int is_digits(const uint8_t *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((uint8_t)(p[i] - '0') > 9) return 0;
    return 1;
}

static int number(const uint8_t *p, int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) value = value * 10 + (p[i] - '0');
    return value;
}

// Microseconds since 1970, INT64_MIN when it is no time. The digits were checked.
static int64_t timestamp(const uint8_t *p) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = number(p, 4), month = number(p + 4, 2), day = number(p + 6, 2);
    int hour = number(p + 8, 2), minute = number(p + 10, 2), second = number(p + 12, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60)
        return INT64_MIN;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + (month == 2 && leap)) return INT64_MIN;
    int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t d = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return (((d * 24 + hour) * 60 + minute) * 60 + second) * 1000000;
}

// Degrees with six decimals in 1e-6 degrees; 0 when it is something else.
static int coordinate(struct field f, int32_t *out) {
    if (f.count < 8 || f.count > 11 || f.start[f.count - 7] != '.') return 0;
    size_t i = f.start[0] == '-';
    int32_t value = 0;
    if (f.count - i > 10) return 0;
    for (size_t at = i; at < f.count; at++) {
        if (at == f.count - 7) continue;
        uint8_t digit = (uint8_t)(f.start[at] - '0');
        if (digit > 9) return 0;
        value = value * 10 + digit;
    }
    *out = i ? -value : value;
    return 1;
}

// A decimal in tenths, INT32_MIN when it is none.
static int32_t tenths(struct field f) {
    if (f.count == 0 || f.count > 8) return INT32_MIN;
    size_t i = f.start[0] == '-';
    int32_t value = 0;
    for (; i < f.count && (uint8_t)(f.start[i] - '0') < 10; i++)
        value = value * 10 + (f.start[i] - '0');
    value *= 10;
    if (i < f.count) {
        if (f.start[i] != '.' || i + 1 >= f.count || (uint8_t)(f.start[i + 1] - '0') > 9)
            return INT32_MIN;
        value += f.start[i + 1] - '0';
    }
    return f.start[0] == '-' ? -value : value;
}

static int percent(struct field f) {
    if (f.count < 1 || f.count > 3 || !is_digits(f.start, f.count)) return 255;
    int value = number(f.start, (int)f.count);
    return value <= 100 ? value : 255;
}

static int hex(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return -1;
}

static int point(const struct field *time, struct baseline_position *p) {
    int32_t latitude, longitude;
    if (!is_digits(time->start, 14) || !coordinate(time[-1], &latitude)
        || !coordinate(time[-2], &longitude))
        return 0;
    int32_t accuracy = tenths(time[-6]), speed = tenths(time[-5]), course = tenths(time[-4]);
    int32_t altitude = tenths(time[-3]);
    p->latitude = latitude * 10;
    p->longitude = longitude * 10;
    p->is_valid = accuracy > 0;
    p->speed = speed < 0 ? -1 : (speed * 1000 + 18) / 36;
    p->course = course < 0 || course >= 3600 ? -1 : course / 10 * 100;
    p->altitude = altitude * 10;
    p->fixed_at = timestamp(time->start);
    return latitude <= 90000000 && latitude >= -90000000 && longitude <= 180000000
        && longitude >= -180000000;
}

static void decimal(struct baseline_text *out, int value) {
    out->count = 0;
    if (value > 9) out->bytes[out->count++] = (char)('0' + value / 10);
    out->bytes[out->count++] = (char)('0' + value % 10);
}

// Hands out the events of one report; the acknowledgement goes to `reply`, its length is returned.
static size_t report(
    const uint8_t *frame, size_t end, struct baseline_handler *handler, uint8_t *reply) {
    struct baseline_event e = {
        .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
    int is_ack = frame[1] == 'A';
    const uint8_t *name = frame + (is_ack ? 7 : 8);
    e.is_late = frame[1] == 'B';
    struct field fields[FIELDS_MAX];
    size_t count = 0;
    for (const uint8_t *at = name + 4, *start = at;; at++) {
        if (at < frame + end && *at != ',') continue;
        fields[count].start = start;
        fields[count++].count = (size_t)(at - start);
        start = at + 1;
        if (at >= frame + end || count == FIELDS_MAX) break;
    }
    if (count < 5) return 0;
    if (fields[1].count == 15 && is_digits(fields[1].start, 15)) {
        memcpy(e.address.bytes, fields[1].start, 15);
        e.address.count = 15;
    }
    struct field last = fields[count - 1], sent = fields[count - 2];
    for (size_t i = 0; i < 4; i++) {
        int digit = last.count == 4 ? hex(last.start[i]) : -1;
        if (digit < 0) return 0;
        e.serial = e.serial << 4 | (uint32_t)digit;
    }
    if (sent.count == 14 && is_digits(sent.start, 14)) e.reported_at = timestamp(sent.start);
    struct baseline_position points[POINTS_MAX];
    size_t point_count = 0, time = 12;
    struct field id = fields[3], type = fields[4];
    for (size_t i = 9; i + 2 < count && !is_ack; i++) {
        if (fields[i].count != 14 || point_count == POINTS_MAX) continue;
        points[point_count] = (struct baseline_position){.fixed_at = INT64_MIN};
        if (!point(&fields[i], &points[point_count])) continue;
        if (!point_count++ && i >= 12) id = fields[i - 9], type = fields[i - 8];
        time = i;
    }
    if (time + 6 == count - 3) e.battery = (uint8_t)percent(fields[count - 3]);
    e.has_position = point_count > 0;
    if (point_count) e.position = points[point_count - 1];
    int type_value = -1, id_value = percent(id);
    if (type.count == 1) type_value = type.start[0] - '0';
    if (type.count == 2) type_value = hex(type.start[1]), id_value = hex(type.start[0]);
    const struct meaning *m = NULL;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings && !m && !is_ack; i++) {
        int is_of_type = meanings[i].type < 0 || meanings[i].type == type_value;
        if (is_of_type && !memcmp(meanings[i].name, name, 3)) m = &meanings[i];
    }
    if (!is_ack && (!m || m->kind != POSITION)) {
        struct baseline_event alarm = e;
        alarm.kind = m ? m->kind : UNKNOWN;
        alarm.is_restored = m && m->is_restored;
        memcpy(alarm.code.bytes, name - 2, 5);
        alarm.code.count = 5;
        if (alarm.kind == GEOFENCE_EXIT || alarm.kind == GEOFENCE_ENTER)
            decimal(&alarm.fence, id_value);
        handler->event(handler, &alarm);
        if (!point_count) goto answer;
    }
    e.kind = point_count ? POSITION : CHECK_IN;
    for (size_t i = 0; i + 1 < point_count; i++) {
        e.position = points[i];
        handler->event(handler, &e);
    }
    if (point_count) e.position = points[point_count - 1];
    handler->event(handler, &e);
answer:;
    size_t n = 6;
    memcpy(reply, "+SACK:", 6);
    if (is_ack && !memcmp(name, "HBD", 3)) {
        memcpy(reply + n, "GTHBD,", 6);
        memcpy(reply + n + 6, fields[0].start, fields[0].count & 15);
        n += 6 + (fields[0].count & 15);
        reply[n++] = ',';
    }
    memcpy(reply + n, last.start, 4);
    reply[n + 4] = '$';
    return n + 5;
}

static int is_front(const uint8_t *p) {
    return !memcmp(p, "+RESP:GT", 8) || !memcmp(p, "+BUFF:GT", 8) || !memcmp(p, "+ACK:GT", 7);
}

void baseline_queclink(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    size_t offset = 0;
    while (offset + 8 <= count) {
        const uint8_t *frame = bytes + offset;
        size_t window = count - offset < FRAME_MAX ? count - offset : FRAME_MAX;
        const uint8_t *end = NULL;
        if (!is_front(frame) || !(end = memchr(frame + 8, '$', window - 8))) {
            if (!end && is_front(frame) && window < FRAME_MAX) break;
            const uint8_t *next = memchr(frame + 1, '+', count - offset - 1);
            offset = next ? (size_t)(next - bytes) : count;
            continue;
        }
        const uint8_t *zero = memchr(frame + 8, 0, (size_t)(end - frame) - 8);
        if (zero) end = zero;
        size_t length = (size_t)(end - frame), taken = length + 1;
        const uint8_t *next = frame + 7;
        while ((next = memchr(next + 1, '+', (size_t)(end - next) - 1)) && next + 8 <= end)
            if (is_front(next)) {
                length = taken = (size_t)(next - frame);
                break;
            }
        uint8_t reply[48];
        size_t reply_count = length > 12 ? report(frame, length, handler, reply) : 0;
        offset += taken;
        handler->frame(handler, frame, taken, reply, reply_count);
    }
}
