// SeTracker messages in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the closing bracket, makes sure that no other message begins inside, checks the
// header, decodes the fields of a report up to its status, hands out an event for each bit, and the
// answer.
#include "CBaselines.h"

#include <string.h>

enum { ID_MAX = 16 };

enum kind {
    NONE, SOS, FALL, GEOFENCE_EXIT, REMOVED, UNKNOWN, BATTERY_LOW, POWER_LOST, GEOFENCE_ENTER,
    CHECK_IN, POSITION
};

static const uint8_t ranks[11] = {9, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3};
static const uint8_t kinds[33] = {
    [0] = BATTERY_LOW, [1] = GEOFENCE_EXIT, [2] = GEOFENCE_ENTER, [14] = POWER_LOST, [16] = SOS,
    [17] = BATTERY_LOW, [18] = GEOFENCE_EXIT, [19] = GEOFENCE_ENTER, [20] = REMOVED, [21] = FALL,
    [22] = FALL, [23] = UNKNOWN, [24] = UNKNOWN, [25] = UNKNOWN, [26] = UNKNOWN, [27] = UNKNOWN,
    [28] = UNKNOWN, [29] = UNKNOWN, [30] = UNKNOWN, [31] = UNKNOWN, [32] = UNKNOWN,
};
static const uint32_t held = 0x4007;

struct header {
    const uint8_t *id, *serial, *content;
    size_t id_count;
};

static int is_word(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')
        || (byte >= 'a' && byte <= 'z');
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// Four hexadecimal digits and a star; -1 for anything else.
static int number(const uint8_t *p, const uint8_t *end) {
    if (end - p < 5 || p[4] != '*') return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
}

static int parse_header(const uint8_t *p, const uint8_t *end, struct header *h) {
    if (end - p < 10 || !is_word(p[1]) || !is_word(p[2]) || p[3] != '*') return 0;
    h->id = p + 4;
    const uint8_t *at = h->id;
    while (at < end && at - h->id <= ID_MAX && is_word(*at)) at++;
    h->id_count = (size_t)(at - h->id);
    if (at == end || *at != '*' || !h->id_count || h->id_count > ID_MAX) return 0;
    if (number(++at, end) < 0) return 0;
    h->serial = NULL;
    h->content = at + 5;
    if (number(at + 5, end) >= 0) {
        h->serial = at;
        h->content = at + 10;
    }
    return 1;
}

static const uint8_t *skip(const uint8_t *p, const uint8_t *end) {
    while (p < end && *p != ',') p++;
    return p < end ? p + 1 : end;
}

static const uint8_t *letter(const uint8_t *p, const uint8_t *end, uint8_t *to) {
    const uint8_t *next = skip(p, end);
    *to = next - p == 2 ? *p : 0;
    return next;
}

// A decimal as a whole number of 10^-places; INT64_MIN when it is none.
static const uint8_t *decimal(const uint8_t *p, const uint8_t *end, int places, int64_t *to) {
    while (p < end && *p == ' ') p++;
    int negative = p < end && *p == '-';
    p += negative;
    int64_t value = 0;
    const uint8_t *start = p;
    while (p < end && *p >= '0' && *p <= '9') value = value * 10 + (*p++ - '0');
    int64_t whole = p - start;
    if (p < end && *p == '.') {
        p++;
        for (; p < end && *p >= '0' && *p <= '9'; p++) {
            if (places == 0) continue;
            value = value * 10 + (*p - '0');
            places--;
        }
    }
    while (places-- > 0) value *= 10;
    int good = whole >= 1 && whole <= 9 && (p == end || *p == ',');
    *to = good ? (negative ? -value : value) : INT64_MIN;
    return skip(p, end);
}

static int two(const uint8_t *p) {
    return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9'
        ? (p[0] - '0') * 10 + p[1] - '0' : -1;
}

static int64_t device_time(const uint8_t *date, const uint8_t *time) {
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day = two(date), month = two(date + 2), year = two(date + 4);
    int hour = two(time), minute = two(time + 2), second = two(time + 4);
    if (year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0
        || minute > 59 || second < 0 || second > 60)
        return INT64_MIN;
    year += 2000;
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > days[month - 1] + (month == 2 && leap)) return INT64_MIN;
    int y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t d = (int64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
    return (((d * 24 + hour) * 60 + minute) * 60 + second) * 1000000;
}

static void report(
    const uint8_t *p, const uint8_t *end, int is_alarm, struct baseline_event *e,
    struct baseline_handler *handler) {
    const uint8_t *date = p, *time = skip(p, end);
    p = skip(time, end);
    if (time - date == 7 && p - time == 7) e->reported_at = device_time(date, time);
    uint8_t fix, north, east;
    int64_t latitude, longitude, speed, course, altitude, number;
    p = letter(p, end, &fix);
    p = decimal(p, end, 7, &latitude);
    p = letter(p, end, &north);
    p = decimal(p, end, 7, &longitude);
    p = letter(p, end, &east);
    p = decimal(p, end, 3, &speed);
    p = decimal(p, end, 2, &course);
    p = decimal(p, end, 2, &altitude);
    e->has_position = latitude >= -900000000 && latitude <= 900000000 && longitude >= -1800000000
        && longitude <= 1800000000;
    if (e->has_position) {
        struct baseline_position *to = &e->position;
        to->latitude = (int32_t)(north == 'S' && latitude > 0 ? -latitude : latitude);
        to->longitude = (int32_t)(east == 'W' && longitude > 0 ? -longitude : longitude);
        to->is_valid = fix == 'A' && (north == 'N' || north == 'S') && (east == 'E' || east == 'W');
        to->fixed_at = to->is_valid ? e->reported_at : INT64_MIN;
        to->speed = speed >= 0 && speed < 10000000 ? (int32_t)((speed * 10 + 18) / 36) : -1;
        to->course = course >= 0 && course < 36000 ? (int32_t)course : -1;
        to->altitude = altitude > -10000000 && altitude < 10000000 ? (int32_t)altitude : 0;
    }
    p = skip(p, end);
    p = decimal(p, end, 0, &number);
    if (number >= 0 && number <= 100) e->signal = (uint8_t)number;
    p = decimal(p, end, 0, &number);
    if (number >= 0 && number <= 100) e->battery = (uint8_t)number;
    p = skip(skip(p, end), end);
    uint32_t status = 0;
    for (int digit; p < end && (digit = hex_digit(*p)) >= 0; p++)
        status = status << 4 | (uint32_t)digit;
    uint64_t bits = status | (is_alarm && !(status >> 16) ? 1ull << 32 : 0);
    for (int rank = 0; rank < 4 && bits; rank++) {
        for (uint64_t left = bits; left; left &= left - 1) {
            int bit = __builtin_ctzll(left);
            if (ranks[kinds[bit]] != rank) continue;
            e->kind = kinds[bit];
            e->held_bit = bit < 32 && held >> bit & 1 ? (uint8_t)bit : 255;
            e->code.count = (uint8_t)(bit > 9 ? 2 : 1);
            if (bit > 9) e->code.bytes[0] = (char)('0' + bit / 10);
            e->code.bytes[e->code.count - 1] = (char)('0' + bit % 10);
            handler->event(handler, e);
        }
    }
    e->code.count = 0;
    e->held_bit = 255;
    e->kind = e->has_position ? POSITION : CHECK_IN;
    if (!e->is_late) e->held_conditions = status & held;
    handler->event(handler, e);
}

static size_t answer(const uint8_t *frame, const struct header *h, const char *word, uint8_t *out) {
    size_t front = (size_t)((h->serial ? h->serial + 5 : h->id + h->id_count + 1) - frame);
    memcpy(out, frame, front);
    memcpy(out + front, "0002*", 5);
    memcpy(out + front + 5, word, 2);
    out[front + 7] = ']';
    return front + 8;
}

void baseline_watch(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *p = bytes, *all = bytes + count;
    while (p < all) {
        const uint8_t *close = *p == '[' ? memchr(p, ']', (size_t)(all - p)) : NULL;
        struct header h, inner;
        int is_good = close && parse_header(p, close + 1, &h);
        for (const uint8_t *at = p + 1; is_good && at < close; at++) {
            if (!(at = memchr(at, '[', (size_t)(close - at)))) break;
            if (parse_header(at, close + 1, &inner)) is_good = 0;
        }
        if (!is_good) {
            p++;
            continue;
        }
        struct baseline_event e = {
            .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
        memcpy(e.address.bytes, h.id, h.id_count);
        e.address.count = (uint8_t)h.id_count;
        if (h.serial) e.serial = (uint32_t)number(h.serial, close);
        const uint8_t *word = h.content, *fields = skip(word, close);
        size_t length = (size_t)(fields - word), reply_count = 0;
        uint8_t reply[64];
        if (length >= 2 && (!memcmp(word, "UD", 2) || !memcmp(word, "AL", 2))) {
            int is_alarm = word[0] == 'A';
            e.is_late = !is_alarm && length > 2 && word[2] == '2';
            report(fields, close, is_alarm, &e, handler);
            if (is_alarm) reply_count = answer(p, &h, "AL", reply);
        } else {
            e.kind = CHECK_IN;
            int64_t battery;
            decimal(skip(skip(fields, close), close), close, 0, &battery);
            if (battery >= 0 && battery <= 100) e.battery = (uint8_t)battery;
            handler->event(handler, &e);
            if (length >= 2 && !memcmp(word, "LK", 2)) reply_count = answer(p, &h, "LK", reply);
        }
        handler->frame(handler, p, (size_t)(close + 1 - p), reply, reply_count);
        p = close + 1;
    }
}
