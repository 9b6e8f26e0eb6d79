// An event as JSON, the way one writes it in C: fields one behind the other into one buffer.
#include <string.h>

#include "CBaselines.h"

static char *text(char *out, const char *text, size_t count) {
    memcpy(out, text, count);
    return out + count;
}

#define LITERAL(out, words) text(out, words, sizeof(words) - 1)

static char *escaped(char *out, const char *value, size_t count) {
    *out++ = '"';
    for (size_t index = 0; index < count; index++) {
        unsigned char byte = (unsigned char)value[index];
        if (byte == '"' || byte == '\\') *out++ = '\\';
        if (byte < 0x20) {
            out = LITERAL(out, "\\u00");
            *out++ = "0123456789abcdef"[byte >> 4];
            *out++ = "0123456789abcdef"[byte & 15];
        } else {
            *out++ = (char)byte;
        }
    }
    *out++ = '"';
    return out;
}

static char *number(char *out, int64_t value) {
    char digits[20];
    int count = 0;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (value < 0) *out++ = '-';
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (count > 0) *out++ = digits[--count];
    return out;
}

static char *padded(char *out, uint32_t value, int digits) {
    for (int index = digits; index-- > 0; value /= 10) out[index] = (char)('0' + value % 10);
    return out + digits;
}

// At least one digit behind the point, and no zeros at the end.
static char *fixed(char *out, int64_t value, uint32_t scale, int decimals) {
    if (value < 0) *out++ = '-';
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    out = number(out, (int64_t)(magnitude / scale));
    *out++ = '.';
    out = padded(out, (uint32_t)(magnitude % scale), decimals);
    while (out[-1] == '0' && out[-2] != '.') out--;
    return out;
}

static char *time_text(char *out, int64_t microseconds, int is_whole) {
    int64_t second = microseconds / 1000000;
    int64_t fraction = microseconds % 1000000;
    if (fraction < 0) {
        fraction += 1000000;
        second--;
    }
    int64_t day = second / 86400;
    int64_t in_day = second % 86400;
    if (in_day < 0) {
        in_day += 86400;
        day--;
    }
    // Days since 0000-03-01, in eras of 400 years.
    int64_t shifted = day + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    uint32_t of_era = (uint32_t)(shifted - era * 146097);
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t march = (5 * of_year + 2) / 153;
    uint32_t month = march < 10 ? march + 3 : march - 9;
    *out++ = '"';
    out = padded(out, (uint32_t)(year + era * 400 + (month <= 2)), 4);
    *out++ = '-';
    out = padded(out, month, 2);
    *out++ = '-';
    out = padded(out, of_year - (153 * march + 2) / 5 + 1, 2);
    *out++ = 'T';
    out = padded(out, (uint32_t)(in_day / 3600), 2);
    *out++ = ':';
    out = padded(out, (uint32_t)(in_day / 60 % 60), 2);
    *out++ = ':';
    out = padded(out, (uint32_t)(in_day % 60), 2);
    if (is_whole || fraction != 0) {
        *out++ = '.';
        out = padded(out, (uint32_t)fraction, 6);
    }
    return LITERAL(out, "Z\"");
}

static char *hex(char *out, const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        *out++ = "0123456789abcdef"[bytes[index] >> 4];
        *out++ = "0123456789abcdef"[bytes[index] & 15];
    }
    return out;
}

static char *uuid(char *out, const uint8_t *bytes) {
    static const int groups[] = {4, 2, 2, 2, 6};
    *out++ = '"';
    for (int group = 0; group < 5; bytes += groups[group++]) {
        if (group > 0) *out++ = '-';
        out = hex(out, bytes, (size_t)groups[group]);
    }
    *out++ = '"';
    return out;
}

static char *flag(char *out, int value) {
    return value ? LITERAL(out, "true") : LITERAL(out, "false");
}

size_t baseline_event_json(
    const struct baseline_record *record, const struct baseline_event *event, char *start) {
    char *out = start;
    out = LITERAL(out, "{\"id\":");
    out = uuid(out, record->id);
    out = LITERAL(out, ",\"sequence\":");
    out = number(out, record->sequence);
    out = LITERAL(out, ",\"kind\":");
    out = escaped(out, record->kind, strlen(record->kind));
    out = LITERAL(out, ",\"priority\":");
    out = escaped(out, record->priority, strlen(record->priority));
    out = LITERAL(out, ",\"restored\":");
    out = flag(out, event->is_restored);
    out = LITERAL(out, ",\"test\":");
    out = flag(out, event->is_test);
    out = LITERAL(out, ",\"late\":");
    out = flag(out, event->is_late);
    if (event->address.count > 0) {
        out = LITERAL(out, ",\"device\":{\"protocol\":");
        out = escaped(out, record->protocol, strlen(record->protocol));
        out = LITERAL(out, ",\"address\":");
        out = escaped(out, event->address.bytes, event->address.count);
        *out++ = '}';
    }
    out = LITERAL(out, ",\"port\":");
    out = escaped(out, record->port, strlen(record->port));
    out = LITERAL(out, ",\"portName\":");
    out = escaped(out, record->port_name, strlen(record->port_name));
    out = LITERAL(out, ",\"receivedAt\":");
    out = time_text(out, record->received_at, 1);
    if (event->reported_at != INT64_MIN) {
        out = LITERAL(out, ",\"reportedAt\":");
        out = time_text(out, event->reported_at, 0);
    }
    if (event->has_position) {
        const struct baseline_position *position = &event->position;
        out = LITERAL(out, ",\"position\":{\"latitude\":");
        out = fixed(out, position->latitude, 10000000, 7);
        out = LITERAL(out, ",\"longitude\":");
        out = fixed(out, position->longitude, 10000000, 7);
        out = LITERAL(out, ",\"valid\":");
        out = flag(out, position->is_valid);
        if (position->fixed_at != INT64_MIN) {
            out = LITERAL(out, ",\"fixedAt\":");
            out = time_text(out, position->fixed_at, 0);
        }
        out = LITERAL(out, ",\"accuracyMeters\":");
        out = fixed(out, position->accuracy, 100, 2);
        out = LITERAL(out, ",\"altitudeMeters\":");
        out = fixed(out, position->altitude, 100, 2);
        out = LITERAL(out, ",\"speedMetersPerSecond\":");
        out = fixed(out, position->speed, 1000, 3);
        out = LITERAL(out, ",\"courseDegrees\":");
        out = fixed(out, position->course, 100, 2);
        *out++ = '}';
    }
    if (event->code.count > 0) {
        out = LITERAL(out, ",\"code\":");
        out = escaped(out, event->code.bytes, event->code.count);
    }
    if (event->battery != 255) {
        out = LITERAL(out, ",\"batteryPercent\":");
        out = number(out, event->battery);
    }
    if (event->signal != 255) {
        out = LITERAL(out, ",\"signalPercent\":");
        out = number(out, event->signal);
    }
    out = LITERAL(out, ",\"deviceSerial\":");
    out = number(out, event->serial);
    out = LITERAL(out, ",\"monotonicMicroseconds\":");
    out = number(out, record->monotonic);
    out = LITERAL(out, ",\"raw\":\"");
    out = hex(out, record->raw, record->raw_count);
    out = LITERAL(out, "\"}");
    return (size_t)(out - start);
}
