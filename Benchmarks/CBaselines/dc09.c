// DC-09 messages in plain C: what a careful C programmer would write for the same work as the
// decoder. Finds the end, verifies length and checksum, decodes header, Contact ID, extended data
// and time, looks up the kind, hands out the events and the ACK. One loop per field.
#include "CBaselines.h"
#include "crc16.h"

#include <string.h>

static uint16_t crc_tables[8][256];
// What an event code means, by the first two digits: enough of a table to cost what a table costs.
static uint8_t kinds[1000];

__attribute__((constructor)) static void fill_tables(void) {
    crc16_fill(crc_tables, 0xA001);
    for (int code = 0; code < 1000; code++) kinds[code] = (uint8_t)(code / 10 % 26);
}

static uint16_t checksum(const uint8_t *bytes, size_t count) {
    return crc16_reflected(crc_tables, bytes, count, 0);
}

static int hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    return -1;
}

// Four hexadecimal digits; -1 when one is none.
static int hex_number(const uint8_t *bytes) {
    int value = 0;
    for (int index = 0; index < 4; index++) {
        int digit = hex_digit(bytes[index]);
        if (digit < 0) return -1;
        value = value << 4 | digit;
    }
    return value;
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

static int days_in_month(int month, int year) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

// "_HH:MM:SS,MM-DD-YYYY" in microseconds since 1970; INT64_MIN when it is none.
static int64_t time_of(const uint8_t *bytes, const uint8_t *end) {
    if (end - bytes < 20 || bytes[0] != '_' || bytes[3] != ':' || bytes[6] != ':' ||
        bytes[9] != ',' || bytes[12] != '-' || bytes[15] != '-')
        return INT64_MIN;
    int hour = number(bytes + 1, 2), minute = number(bytes + 4, 2), second = number(bytes + 7, 2);
    int month = number(bytes + 10, 2), day = number(bytes + 13, 2), year = number(bytes + 16, 4);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
        month < 1 || month > 12 || year < 1 || day < 1 || day > days_in_month(month, year))
        return INT64_MIN;
    int march_year = month <= 2 ? year - 1 : year;
    int era = march_year / 400, year_of_era = march_year - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = (int64_t)era * 146097 + day_of_era - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60000000 + (int64_t)second * 1000000;
}

// "007E20.123" in 1e-7 degrees; 0 when it is none.
static int angle_of(const uint8_t *bytes, const uint8_t *end, char positive, char negative,
                    int degrees_max, int32_t *angle) {
    int64_t degrees = 0, minutes = 0;
    int digits = 0;
    while (bytes < end && (uint8_t)(*bytes - '0') < 10 && digits++ < 3)
        degrees = degrees * 10 + *bytes++ - '0';
    if (!digits || bytes == end || (*bytes != positive && *bytes != negative)) return 0;
    int is_negative = *bytes++ == negative;
    for (digits = 0; bytes < end && (uint8_t)(*bytes - '0') < 10 && digits < 6; digits++)
        minutes = minutes * 10 + *bytes++ - '0';
    if (!digits) return 0;
    if (bytes < end && *bytes == '.') bytes++;
    for (int decimal = 0; decimal < 6; decimal++) {
        minutes *= 10;
        if (bytes < end && (uint8_t)(*bytes - '0') < 10) minutes += *bytes++ - '0';
    }
    while (bytes < end && (uint8_t)(*bytes - '0') < 10) bytes++;
    int64_t value = degrees * 10000000 + (minutes + 3) / 6;
    if (bytes != end || minutes >= 60000000 || value > (int64_t)degrees_max * 10000000) return 0;
    *angle = (int32_t)(is_negative ? -value : value);
    return 1;
}

static int altitude_of(const uint8_t *bytes, const uint8_t *end, int32_t *altitude) {
    int is_negative = bytes < end && *bytes == '-';
    bytes += is_negative;
    int64_t value = 0;
    int digits = 0;
    for (; bytes < end && (uint8_t)(*bytes - '0') < 10 && digits < 6; digits++)
        value = value * 10 + *bytes++ - '0';
    if (!digits) return 0;
    if (bytes < end && *bytes == '.') bytes++;
    for (int decimal = 0; decimal < 2; decimal++) {
        value *= 10;
        if (bytes < end && (uint8_t)(*bytes - '0') < 10) value += *bytes++ - '0';
    }
    while (bytes < end && (uint8_t)(*bytes - '0') < 10) bytes++;
    if (end - bytes != 1 || *bytes != 'M') return 0;
    *altitude = (int32_t)(is_negative ? -value : value);
    return 1;
}

// The fields in brackets; returns where they end.
static const uint8_t *extended(const uint8_t *at, const uint8_t *end, struct baseline_event *e) {
    int found = 0;
    while (at < end && *at == '[') {
        const uint8_t *close = memchr(at, ']', (size_t)(end - at));
        if (!close) close = end;
        struct baseline_position *p = &e->position;
        if (close - at > 1) switch (at[1]) {
            case 'X': found |= angle_of(at + 2, close, 'E', 'W', 180, &p->longitude); break;
            case 'Y': found |= angle_of(at + 2, close, 'N', 'S', 90, &p->latitude) << 1; break;
            case 'Z': altitude_of(at + 2, close, &p->altitude); break;
            default: break;
            }
        at = close + (close < end);
    }
    e->has_position = e->position.is_valid = found == 3;
    return at;
}

// Header, data and the rest of an intact text. Returns what to repeat in the ACK: from the sequence
// to before the bracket; NULL when the text is no message.
static const uint8_t *decode(const uint8_t *bytes, const uint8_t *end, struct baseline_event *e,
                             size_t *echo_count) {
    const uint8_t *quote = memchr(bytes + 1, '"', (size_t)(end - bytes - 1));
    if (!quote || end - quote < 6) return NULL;
    int is_contact_id = quote - bytes == 8 && !memcmp(bytes + 1, "ADM-CID", 7);
    int is_null = (quote - bytes == 5 && !memcmp(bytes + 1, "NULL", 4)) ||
                  (quote - bytes == 4 && !memcmp(bytes + 1, "XNM", 3));
    int sequence = number(quote + 1, 4);
    if (sequence < 0) return NULL;
    e->serial = (uint32_t)sequence;
    const uint8_t *at = quote + 5;
    while (at < end && *at != '[') {
        uint8_t mark = *at++;
        const uint8_t *first = at;
        while (at < end && hex_digit(*at) >= 0) at++;
        size_t count = (size_t)(at - first);
        if (mark == '#' && count >= 3 && count <= 16) {
            e->address.count = (uint8_t)count;
            for (size_t index = 0; index < count; index++) {
                uint8_t digit = first[index];
                e->address.bytes[index] = (char)(digit >= 'a' ? digit - 32 : digit);
            }
        } else if ((mark != 'R' && mark != 'L') || count > 6) {
            return NULL;
        }
    }
    if (at == end || !e->address.count) return NULL;
    *echo_count = (size_t)(at - quote - 1);
    const uint8_t *data = at + 1;
    const uint8_t *close = memchr(data, ']', (size_t)(end - data));
    if (!close) close = end;
    if (is_contact_id) {
        const uint8_t *bar = memchr(data, '|', (size_t)(close - data));
        if (bar) data = bar + 1;
        if (close - data != 11 || data[4] != ' ' || data[7] != ' ') return NULL;
        int code = number(data + 1, 3), partition = number(data + 5, 2), zone = number(data + 8, 3);
        if (code < 0 || partition < 0 || zone < 0) return NULL;
        if (data[0] != '1' && data[0] != '3' && data[0] != '6') return NULL;
        e->kind = kinds[code];
        e->is_restored = data[0] == '3' && (code < 400 || code > 499);
        e->code.count = 4;
        memcpy(e->code.bytes, data, 4);
        e->partition = (uint16_t)partition;
        e->zone = (uint32_t)zone;
    } else if (!is_null) {
        return NULL;
    }
    at = extended(close + (close < end), end, e);
    e->reported_at = time_of(at, end);
    return quote + 1;
}

static size_t acknowledge(const uint8_t *echo, size_t echo_count, uint8_t *frame) {
    static const char digits[] = "0123456789ABCDEF";
    uint8_t *text = frame + 9;
    memcpy(text, "\"ACK\"", 5);
    memcpy(text + 5, echo, echo_count);
    memcpy(text + 5 + echo_count, "[]", 2);
    size_t count = echo_count + 7;
    uint32_t numbers = (uint32_t)checksum(text, count) << 16 | (uint32_t)count;
    frame[0] = '\n';
    for (int index = 0; index < 8; index++)
        frame[1 + index] = (uint8_t)digits[numbers >> (28 - 4 * index) & 15];
    text[count] = '\r';
    return count + 10;
}

void baseline_dc09(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        if (*bytes != '\n' || end - bytes < 10) { bytes++; continue; }
        int check = hex_number(bytes + 1), length = hex_number(bytes + 5);
        if (check < 0 || length < 0 || length > 0xFFF || bytes[9] != '"') { bytes++; continue; }
        const uint8_t *text = bytes + 9, *close = text + length;
        if (close >= end) break;
        const uint8_t *line_break = memchr(text, '\r', (size_t)(close - text) + 1);
        if (line_break != close || memchr(text, '\n', (size_t)length) ||
            checksum(text, (size_t)length) != check) {
            bytes++;
            continue;
        }
        struct baseline_event event = {
            .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
        size_t echo_count = 0;
        const uint8_t *echo = decode(text, close, &event, &echo_count);
        if (echo) {
            int is_alarm = event.code.count > 0;
            if (is_alarm || !event.has_position) handler->event(handler, &event);
            if (event.has_position) {
                event.code.count = 0;
                event.zone = event.partition = 0;
                handler->event(handler, &event);
            }
            uint8_t frame[64];
            size_t frame_count = acknowledge(echo, echo_count, frame);
            handler->frame(handler, bytes, (size_t)(close - bytes) + 1, frame, frame_count);
        }
        bytes = close + 1;
    }
}
