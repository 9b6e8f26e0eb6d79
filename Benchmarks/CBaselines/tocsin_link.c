// Tocsin link in plain C: what a careful C programmer would write for the same work as the decoder.
// Finds frames before a 00, takes the COBS apart, verifies the CRC-32C with the same eight tables,
// decodes every field of an EVENT, and hands out an event for each of its kinds, and the ACK.
#include "CBaselines.h"

#include <string.h>

enum { FRAME_MAX = 504, CONTENT_MIN = 14, CONTENT_MAX = 500, FIXED = 10 };
enum { UNKNOWN = 0x17, DEVICE_FAULT = 0x26, CHECK_IN = 0x36, POSITION = 0x37 };

static uint32_t tables[8][256];

__attribute__((constructor)) static void fill_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
        tables[0][byte] = crc;
    }
    for (int table = 1; table < 8; table++)
        for (int byte = 0; byte < 256; byte++) {
            uint32_t before = tables[table - 1][byte];
            tables[table][byte] = before >> 8 ^ tables[0][before & 255];
        }
}

static uint32_t crc32c(const uint8_t *bytes, size_t count) {
    uint32_t crc = 0xFFFFFFFF;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        word ^= crc;
        crc = 0;
        for (int place = 0; place < 8; place++) crc ^= tables[7 - place][word >> 8 * place & 255];
    }
    for (; count > 0; bytes++, count--) crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 255];
    return ~crc;
}

static uint16_t u16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t u32(const uint8_t *p) { return u16(p) | (uint32_t)u16(p + 2) << 16; }
static int64_t i64(const uint8_t *p) { return (int64_t)(u32(p) | (uint64_t)u32(p + 4) << 32); }

static void put_u32(uint8_t *p, uint32_t value) {
    for (int index = 0; index < 4; index++) p[index] = (uint8_t)(value >> 8 * index);
}

// Length of what `frame` holds, 0 when it cannot be taken apart.
static size_t unpack(const uint8_t *frame, size_t count, uint8_t *content) {
    size_t length = 0;
    for (size_t index = 0; index < count;) {
        size_t code = frame[index], next = index + code;
        if (code == 0 || next > count) return 0;
        memcpy(content + length, frame + index + 1, code - 1);
        length += code - 1;
        if (code != 255 && next < count) content[length++] = 0;
        index = next;
    }
    return length;
}

static size_t pack(const uint8_t *content, size_t count, uint8_t *frame) {
    size_t length = 1, code = 1;
    frame[0] = 0;
    frame[length++] = 0;
    for (size_t index = 0; index < count; index++) {
        if (content[index]) {
            frame[length++] = content[index];
        } else {
            frame[code] = (uint8_t)(length - code);
            code = length++;
        }
    }
    frame[code] = (uint8_t)(length - code);
    frame[length++] = 0;
    return length;
}

// At most 16 printable bytes.
static void text(struct baseline_text *out, const uint8_t *value, size_t count) {
    out->count = (uint8_t)(count < 16 ? count : 16);
    for (size_t index = 0; index < out->count; index++)
        out->bytes[index] = value[index] > 0x20 && value[index] < 0x7F ? (char)value[index] : '?';
}

static int field(struct baseline_event *e, uint8_t tag, const uint8_t *value, size_t n) {
    struct baseline_position *p = &e->position;
    switch (tag) {
    case 0x01:
        if (n < 9) return 0;
        p->latitude = (int32_t)u32(value);
        p->longitude = (int32_t)u32(value + 4);
        p->is_valid = value[8] & 1;
        e->has_position = p->latitude >= -900000000 && p->latitude <= 900000000
            && p->longitude >= -1800000000 && p->longitude <= 1800000000;
        return e->has_position;
    case 0x02: return n >= 4 && (p->accuracy = (int32_t)u32(value)) >= 0;
    case 0x03: return n >= 4 && ((p->altitude = (int32_t)u32(value)), 1);
    case 0x04: return n >= 4 && (p->speed = (int32_t)u32(value)) >= 0;
    case 0x05: return n >= 2 && (p->course = u16(value)) < 36000;
    case 0x06: return n >= 8 && ((p->fixed_at = i64(value)), 1);
    case 0x07: return n >= 8 && ((e->reported_at = i64(value)), 1);
    case 0x08: return n >= 1 && (e->battery = value[0]) <= 100;
    case 0x09: return n >= 1 && (e->signal = value[0]) <= 100;
    case 0x0A: return n >= 4 && ((e->zone = u32(value)), 1);
    case 0x0B: return n >= 2 && ((e->partition = u16(value)), 1);
    case 0x0C: text(&e->fence, value, n); return 1;
    case 0x0D: text(&e->code, value, n); return 1;
    default: return 1;
    }
}

// By gravity: emergencies, then warnings and what is not assigned, then the rest.
static void raise(struct baseline_event *e, uint64_t bits, struct baseline_handler *handler) {
    static const uint64_t assigned[4] = {0x1FE, 0xFE0000, 0x7E00000000, 0xFE000000000000};
    const uint64_t warnings =
        assigned[1] | ~(assigned[0] | assigned[1] | assigned[2] | assigned[3]);
    const uint64_t order[3] = {assigned[0], warnings, assigned[2] | assigned[3]};
    uint8_t is_restored = e->is_restored;
    for (int rank = 0; rank < 3; rank++)
        for (uint64_t rest = bits & order[rank]; rest; rest &= rest - 1) {
            e->kind = (uint8_t)__builtin_ctzll(rest);
            e->is_restored = is_restored && e->kind != POSITION && e->kind != CHECK_IN;
            handler->event(handler, e);
        }
    int has_own_position = e->has_position && !(bits >> POSITION & 1);
    if (!has_own_position && bits) return;
    e->kind = has_own_position ? POSITION : CHECK_IN;
    e->is_restored = 0;
    handler->event(handler, e);
}

// tick 4 | flags 1 | a 1 | address a | k 1 | kinds k | fields
static int event(
    const uint8_t *body, size_t count, uint32_t sequence, struct baseline_handler *handler) {
    if (count < 7 || count < 7u + body[5]) return 0;
    const uint8_t *kind = body + 7 + body[5], *end = body + count;
    if (kind + kind[-1] > end) return 0;
    struct baseline_event e = {
        .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN,
        .position.fixed_at = INT64_MIN, .serial = sequence};
    e.is_restored = body[4] & 1;
    e.is_test = body[4] >> 1 & 1;
    e.is_late = body[4] >> 2 & 1;
    text(&e.address, body + 6, body[5]);
    uint64_t bits = 0;
    const uint8_t *next = kind + kind[-1];
    for (; kind < next; kind++) bits |= 1ull << (*kind < 64 ? *kind : UNKNOWN);
    int is_good = 1;
    while (next + 2 <= end && next + 2 + next[1] <= end) {
        is_good &= field(&e, next[0], next + 2, next[1]);
        next += 2 + next[1];
    }
    if (!is_good || next != end) bits |= 1ull << DEVICE_FAULT;
    raise(&e, bits, handler);
    return 1;
}

// Writes the ACK to `frame` and returns its length.
static size_t acknowledge(const uint8_t *content, uint8_t *frame) {
    uint8_t answer[14];
    memcpy(answer, content, FIXED);
    answer[1] = 0x82;
    put_u32(answer + FIXED, crc32c(answer, FIXED));
    return pack(answer, sizeof answer, frame);
}

void baseline_tocsin_link(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        size_t start = bytes[0] == 0;
        const uint8_t *stop = memchr(bytes + start, 0, (size_t)(end - bytes) - start);
        if (!stop) break;
        size_t length = (size_t)(stop - bytes) - start;
        uint8_t content[FRAME_MAX], reply[20];
        size_t size = length > 0 && length < FRAME_MAX ? unpack(bytes + start, length, content) : 0;
        const uint8_t *frame = bytes;
        bytes = stop;
        if (size < CONTENT_MIN || size > CONTENT_MAX) continue;
        if (crc32c(content, size - 4) != u32(content + size - 4)) continue;
        if (content[0] != 1 || content[1] != 2) continue;
        if (!event(content + FIXED, size - FIXED - 4, u32(content + 6), handler)) continue;
        bytes = stop + 1;
        handler->frame(
            handler, frame, (size_t)(bytes - frame), reply, acknowledge(content, reply));
    }
}
