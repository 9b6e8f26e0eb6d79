#include "tocsin_link.h"

enum { HEADER = 10, CRC = 4 };

/* CRC-32C bit by bit: 8 steps a byte and no table. */
static uint32_t crc32c(uint32_t crc, uint8_t byte) {
    uint8_t bit;
    crc ^= byte;
    for (bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82F63B78u & (0u - (crc & 1u)));
    return crc;
}

static void store(tl_frame *f, uint8_t byte) {
    if (f->length < f->size) f->bytes[f->length++] = byte;
    else f->overflowed = 1;
}

/* Ends the COBS block that is open and leaves room for the code of the next one. */
static void close_block(tl_frame *f) {
    if (f->code < f->size) f->bytes[f->code] = (uint8_t)(f->length - f->code);
    f->code = f->length;
    store(f, 0);
}

static void put(tl_frame *f, uint8_t byte) {
    f->crc = crc32c(f->crc, byte);
    if (++f->content > TL_CONTENT_MAX) f->overflowed = 1;
    /* A block of 254 bytes is full: it is closed only now that another byte follows. */
    if (f->length - f->code == 255) close_block(f);
    if (byte == 0) close_block(f);
    else store(f, byte);
}

static void put_number(tl_frame *f, int64_t value, uint8_t width) {
    uint64_t rest = (uint64_t)value;
    for (; width > 0; width--, rest >>= 8) put(f, (uint8_t)rest);
}

static void put_text(tl_frame *f, const char *text, uint8_t bytes_max) {
    uint8_t count = 0, i;
    while (count < bytes_max && text[count] != 0) count++;
    put(f, count);
    for (i = 0; i < count; i++) put(f, (uint8_t)text[i]);
}

void tl_begin(tl_frame *f, uint8_t *bytes, size_t size,
              uint8_t type, uint32_t nonce, uint32_t sequence) {
    f->bytes = bytes;
    f->size = size;
    f->length = 0;
    f->content = 0;
    f->crc = 0xFFFFFFFFu;
    f->overflowed = 0;
    store(f, 0); /* the delimiter in front */
    f->code = f->length;
    store(f, 0); /* the first code */
    put(f, 1);   /* version */
    put(f, type);
    put_number(f, nonce, 4);
    put_number(f, sequence, 4);
}

void tl_hello(tl_frame *f, uint8_t version, uint32_t capabilities) {
    put(f, version);
    put_number(f, capabilities, 4);
}

void tl_event(tl_frame *f, uint32_t tick_ms, uint8_t flags, const char *address,
              const uint8_t *kinds, uint8_t kind_count) {
    uint8_t i;
    put_number(f, tick_ms, 4);
    put(f, flags);
    put_text(f, address, 16);
    put(f, kind_count);
    for (i = 0; i < kind_count; i++) put(f, kinds[i]);
}

void tl_keepalive(tl_frame *f, uint16_t state) { put_number(f, state, 2); }

void tl_position(tl_frame *f, int32_t latitude_e7, int32_t longitude_e7, uint8_t has_fix) {
    put(f, TL_POSITION);
    put(f, 9);
    put_number(f, latitude_e7, 4);
    put_number(f, longitude_e7, 4);
    put(f, has_fix ? 1 : 0);
}

void tl_number(tl_frame *f, uint8_t tag, int64_t value, uint8_t width) {
    put(f, tag);
    put(f, width);
    put_number(f, value, width);
}

void tl_text(tl_frame *f, uint8_t tag, const char *text, uint8_t bytes_max) {
    put(f, tag);
    put_text(f, text, bytes_max);
}

size_t tl_end(tl_frame *f) {
    put_number(f, (int64_t)(f->crc ^ 0xFFFFFFFFu), CRC);
    close_block(f); /* its room for another code becomes the delimiter behind */
    return f->overflowed ? 0 : f->length;
}

static uint32_t number(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

int tl_read(uint8_t *bytes, size_t length, tl_message *m) {
    size_t in = 0, out = 0, i;
    uint32_t crc = 0xFFFFFFFFu;
    while (in < length) {
        uint8_t code = bytes[in++];
        if (code == 0 || (size_t)(code - 1) > length - in) return 0;
        for (i = 1; i < code; i++) bytes[out++] = bytes[in++];
        if (code != 255 && in < length) bytes[out++] = 0;
    }
    if (out < HEADER + CRC || out > TL_CONTENT_MAX) return 0;
    for (i = 0; i < out - CRC; i++) crc = crc32c(crc, bytes[i]);
    if ((crc ^ 0xFFFFFFFFu) != number(bytes + out - CRC) || !(bytes[1] & 0x80)) return 0;
    m->version = bytes[0];
    m->type = bytes[1];
    m->nonce = number(bytes + 2);
    m->sequence = number(bytes + 6);
    m->body = bytes + HEADER;
    m->body_length = out - HEADER - CRC;
    return 1;
}
