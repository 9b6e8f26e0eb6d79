// NMEA 0183 in plain C, byte by byte, as position daemons do it: finds a sentence, sums it up,
// splits it at its commas, reads numbers in one loop that makes a double of any decimal, puts the
// sentences of one moment together and hands out the position.
#include "CBaselines.h"

#include <string.h>

enum { FRAME_MAX = 256, FIELDS_MAX = 32 };
enum kind { CHECK_IN, POSITION };
enum said { SAID_RMC = 1, SAID_GGA = 2, SAID_ZDA = 4 };

struct field {
    const uint8_t *start;
    size_t count;
};

// What has been said of one moment.
struct moment {
    int32_t time;
    int said, has_place, is_fix;
    int64_t date;
    int32_t latitude, longitude, speed, course, altitude, dilution;
};

static int hex(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return -1;
}

// `count` digits; -1 when one is none.
static int digits(const uint8_t *p, size_t count) {
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t digit = (uint8_t)(p[i] - '0');
        if (digit > 9) return -1;
        value = value * 10 + digit;
    }
    return value;
}

// Any decimal, as strtod reads it, without exponents; 0 when it is none.
static int number(struct field f, double *out) {
    static const double scales[16] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t i = 0;
    int negative = 0, behind = 0, count = 0;
    if (f.count && (f.start[0] == '-' || f.start[0] == '+')) negative = f.start[i++] == '-';
    int64_t mantissa = 0;
    int has_point = 0;
    for (; i < f.count; i++) {
        if (f.start[i] == '.' && !has_point) {
            has_point = 1;
            continue;
        }
        uint8_t digit = (uint8_t)(f.start[i] - '0');
        if (digit > 9) return 0;
        if (++count > 15) continue;
        mantissa = mantissa * 10 + digit;
        behind += has_point;
    }
    if (count == 0) return 0;
    double value = (double)mantissa / scales[behind];
    *out = negative ? -value : value;
    return 1;
}

// In units of 10^-places; INT32_MIN when it is none.
static int32_t decimal(struct field f, double unit) {
    double value;
    if (!number(f, &value) || value * unit > INT32_MAX || value * unit < -INT32_MAX)
        return INT32_MIN;
    return (int32_t)(value * unit);
}

// Milliseconds of the day; -1 when it is no time.
static int32_t time_of_day(struct field f) {
    if (f.count < 6) return -1;
    int hour = digits(f.start, 2), minute = digits(f.start + 2, 2), second = digits(f.start + 4, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
    int32_t fraction = 0;
    if (f.count > 7) {
        if (f.start[6] != '.') return -1;
        int scale = 100;
        for (size_t i = 7; i < f.count && i < 15; i++, scale /= 10) {
            uint8_t digit = (uint8_t)(f.start[i] - '0');
            if (digit > 9) return -1;
            fraction += digit * scale;
        }
    }
    return ((hour * 60 + minute) * 60 + second) * 1000 + fraction;
}

// Microseconds since 1970 of a midnight, INT64_MIN when there is no such day.
static int64_t midnight(int year, int month, int day) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || month < 1 || month > 12 || day < 1) return INT64_MIN;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + (month == 2 && leap)) return INT64_MIN;
    int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t d = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return d * 86400 * 1000000;
}

static int64_t date(struct field f) {
    if (f.count != 6) return INT64_MIN;
    int day = digits(f.start, 2), month = digits(f.start + 2, 2), year = digits(f.start + 4, 2);
    if (day < 0 || month < 0 || year < 0) return INT64_MIN;
    return midnight(year < 80 ? 2000 + year : 1900 + year, month, day);
}

// `ddmm.mmmm` in 1e-7 degrees; 0 when it is something else.
static int coordinate(
    struct field f, struct field side, uint8_t negative, uint8_t positive, int32_t *out) {
    double value;
    if (side.count != 1 || (side.start[0] != negative && side.start[0] != positive)) return 0;
    if (!number(f, &value)) return 0;
    int degrees = (int)(value / 100);
    double minutes = value - degrees * 100;
    if (degrees > 180 || minutes > 60) return 0;
    int32_t all = (int32_t)((degrees + minutes / 60) * 1e7 + 0.5);
    *out = side.start[0] == negative ? -all : all;
    return 1;
}

static void begin(struct moment *m, int sentence, int32_t time) {
    if (time < 0 || time != m->time || m->said & sentence)
        *m = (struct moment){
            .time = time, .is_fix = 1, .date = INT64_MIN, .speed = INT32_MIN, .course = INT32_MIN,
            .altitude = INT32_MIN, .dilution = INT32_MIN};
    m->said |= sentence;
}

static void place(struct moment *m, const struct field *f, int is_fix) {
    int32_t latitude, longitude;
    if (coordinate(f[0], f[1], 'S', 'N', &latitude)
        && coordinate(f[2], f[3], 'W', 'E', &longitude) && latitude <= 900000000
        && latitude >= -900000000) {
        m->latitude = latitude;
        m->longitude = longitude;
        m->has_place = 1;
    }
    if (!is_fix) m->is_fix = 0;
}

// Takes one sentence into the moment; 0 for one that says nothing of it.
static int take(struct moment *m, const uint8_t *address, const struct field *f, size_t count) {
    if (!memcmp(address + 2, "RMC", 3)) {
        if (count < 12) return 0;
        begin(m, SAID_RMC, time_of_day(f[0]));
        uint8_t mode = f[11].count == 1 ? f[11].start[0] : 0;
        int is_fix = f[1].count == 1 && f[1].start[0] == 'A' && mode != 'N' && mode != 'M'
            && mode != 'S';
        place(m, f + 2, is_fix);
        m->speed = decimal(f[6], 1e3);
        m->course = decimal(f[7], 1e2);
        if (m->course < 0 || m->course > 36000) m->course = INT32_MIN;
        else m->course %= 36000;
        int64_t day = date(f[8]);
        if (day != INT64_MIN) m->date = day;
        return 1;
    }
    if (!memcmp(address + 2, "GGA", 3)) {
        if (count < 10) return 0;
        begin(m, SAID_GGA, time_of_day(f[0]));
        uint8_t quality = f[5].count == 1 ? f[5].start[0] : '0';
        place(m, f + 1, quality >= '1' && quality <= '9' && quality != '7' && quality != '8');
        m->altitude = decimal(f[8], 1e2);
        int32_t dilution = decimal(f[7], 1e2);
        if (dilution != INT32_MIN) m->dilution = dilution;
        return 1;
    }
    if (!memcmp(address + 2, "GSA", 3)) {
        if (count < 16) return 0;
        if (f[1].count == 1 && f[1].start[0] == '1') m->is_fix = 0;
        int32_t dilution = decimal(f[15], 1e2);
        if (dilution != INT32_MIN) m->dilution = dilution;
        return 1;
    }
    if (!memcmp(address + 2, "ZDA", 3)) {
        if (count < 4) return 0;
        begin(m, SAID_ZDA, time_of_day(f[0]));
        m->date = midnight(
            digits(f[3].start, f[3].count), digits(f[2].start, f[2].count),
            digits(f[1].start, f[1].count));
        return 1;
    }
    return 0;
}

static void tell(
    const struct moment *m, int is_of_moment, const uint8_t *address, size_t address_count,
    struct baseline_handler *handler) {
    struct baseline_event e = {
        .kind = CHECK_IN, .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
    if (!is_of_moment) {
        e.code.count = (uint8_t)(address_count < 23 ? address_count : 23);
        memcpy(e.code.bytes, address, e.code.count);
        handler->event(handler, &e);
        return;
    }
    if (m->time >= 0 && m->date != INT64_MIN) e.reported_at = m->date + (int64_t)m->time * 1000;
    if (m->has_place) {
        e.kind = POSITION;
        e.has_position = 1;
        e.position = (struct baseline_position){
            .latitude = m->latitude, .longitude = m->longitude, .accuracy = INT32_MIN,
            .altitude = m->altitude, .course = m->course, .is_valid = (uint8_t)m->is_fix,
            .speed = m->speed < 0 ? m->speed : (int32_t)(((int64_t)m->speed * 1852 + 1800) / 3600),
            .fixed_at = m->is_fix ? e.reported_at : INT64_MIN};
    }
    handler->event(handler, &e);
}

void baseline_nmea(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    struct moment moment = {.time = -1};
    size_t offset = 0;
    while (offset < count) {
        const uint8_t *frame = bytes + offset;
        size_t rest = count - offset < FRAME_MAX ? count - offset : FRAME_MAX;
        if (frame[0] != '$' && frame[0] != '!') {
            offset++;
            continue;
        }
        size_t check = 1;
        uint8_t sum = 0;
        while (check < rest && frame[check] != '*') {
            uint8_t byte = frame[check];
            if (byte < 0x20 || byte == '$' || byte == '!') break;
            sum ^= byte;
            check++;
        }
        if (check + 5 > rest || frame[check] != '*' || check < 6) {
            offset += check;
            continue;
        }
        int high = hex(frame[check + 1]), low = hex(frame[check + 2]);
        if (high < 0 || low < 0 || (high << 4 | low) != sum) {
            offset += check;
            continue;
        }
        size_t length = check + 3;
        if (frame[length] == '\r') length++;
        if (frame[length] == '\n') length++;
        struct field fields[FIELDS_MAX];
        size_t field_count = 0, address_count = 0, start = 0;
        for (size_t at = 1; at <= check; at++) {
            if (at < check && frame[at] != ',') continue;
            if (start == 0) {
                address_count = at - 1;
            } else if (field_count < FIELDS_MAX) {
                fields[field_count].start = frame + start;
                fields[field_count++].count = at - start;
            }
            start = at + 1;
        }
        int is_known = frame[0] == '$' && address_count == 5
            && take(&moment, frame + 1, fields, field_count);
        tell(&moment, is_known, frame + 1, address_count, handler);
        handler->frame(handler, frame, length, NULL, 0);
        offset += length;
    }
}
