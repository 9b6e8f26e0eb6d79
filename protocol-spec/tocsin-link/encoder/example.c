/* Frames made by the encoder, as hex behind the title of the vector that they must equal:
 *     cc -std=c99 -o example example.c tocsin_link.c && ./example
 * With words of hex as arguments it reads each as a frame of the station instead. */
#include "tocsin_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE = 0x7C3A91E5 };

static uint8_t buffer[TL_FRAME_MAX];
static tl_frame frame;

static void begin(uint8_t type, uint32_t sequence) {
    tl_begin(&frame, buffer, sizeof buffer, type, NONCE, sequence);
}

static void end(const char *title) {
    size_t length = tl_end(&frame), i;
    printf("%s\t", title);
    for (i = 0; i < length; i++) printf("%02x", buffer[i]);
    printf("\n");
}

static void worked_example(void) {
    const char *title = "the worked example: a receiver starts, then a pendant is pressed";
    const uint8_t sos[] = {TL_KIND_SOS};
    begin(TL_HELLO, 1);
    tl_hello(&frame, 1, 1);
    tl_text(&frame, TL_MAKER, "Example", 32);
    tl_text(&frame, TL_MODEL, "R1", 32);
    tl_text(&frame, TL_SERIAL, "0042", 32);
    end(title);
    begin(TL_EVENT, 2);
    tl_event(&frame, 12345, 0, "P-1071", sos, 1);
    tl_position(&frame, 399165270, 1163971280, 1);
    tl_number(&frame, TL_ACCURACY, 800, 4);
    tl_number(&frame, TL_BATTERY, 80, 1);
    end(title);
}

static void keepalives(void) {
    begin(TL_KEEPALIVE, 12);
    tl_keepalive(&frame, 0);
    tl_number(&frame, TL_BATTERY, 100, 1);
    end("KEEPALIVE, all is well");
    begin(TL_KEEPALIVE, 13);
    tl_keepalive(&frame, TL_JAMMED | TL_MAINS_LOST);
    end("KEEPALIVE, jammed and without mains");
}

static void events(void) {
    const uint8_t both[] = {TL_KIND_BATTERY_LOW, TL_KIND_SOS}, smoke[] = {TL_KIND_SMOKE};
    const uint8_t sos[] = {TL_KIND_SOS};
    const int64_t time = INT64_C(1795253158000000);
    begin(TL_EVENT, 3);
    tl_event(&frame, 20000, 0, "P-1071", both, 2);
    end("one press, SOS and a low battery, named in the wrong order");
    begin(TL_EVENT, 6);
    tl_event(&frame, 23000, TL_RESTORED, "D-7", smoke, 1);
    end("smoke has cleared");
    begin(TL_EVENT, 0xFFFFFFFFu);
    tl_event(&frame, 0xFFFFFFFFu, 0, "ABCDEFGHIJKLMNOP", sos, 1);
    tl_position(&frame, -338568000, -704530000, 1);
    tl_number(&frame, TL_ACCURACY, 1250, 4);
    tl_number(&frame, TL_ALTITUDE, -120, 4);
    tl_number(&frame, TL_SPEED, 1389, 4);
    tl_number(&frame, TL_COURSE, 27050, 2);
    tl_number(&frame, TL_FIXED_AT, time - 1500000, 8);
    tl_number(&frame, TL_CLOCK, time + 250000, 8);
    tl_number(&frame, TL_BATTERY, 55, 1);
    tl_number(&frame, TL_SIGNAL, 61, 1);
    tl_number(&frame, TL_ZONE, 70015, 4);
    tl_number(&frame, TL_PARTITION, 3, 2);
    tl_text(&frame, TL_FENCE, "north-gate", 16);
    tl_text(&frame, TL_CODE, "1101", 16);
    tl_text(&frame, TL_TEXT, "K\xC3\xBC" "che", 128);
    end("every field at once");
}

static void full_block(void) {
    const uint8_t sos[] = {TL_KIND_SOS};
    char bytes[256];
    int i;
    for (i = 0; i < 255; i++) bytes[i] = (char)(i + 1);
    bytes[255] = 0;
    begin(TL_EVENT, 43);
    tl_event(&frame, 1, 0, "P-1", sos, 1);
    tl_text(&frame, 0x80, bytes, 255);
    tl_number(&frame, TL_BATTERY, 33, 1);
    end("254 bytes without a zero fill one block of COBS");
    begin(TL_EVENT, 0x01010101);
    tl_event(&frame, 0x01010101, 0xF8, "P-1", sos, 1);
    memset(bytes, 0xAA, 255);
    tl_text(&frame, 0x80, bytes, 255);
    memset(bytes, 0xBB, 255);
    tl_text(&frame, 0x81, bytes, 216);
    end("the longest frame");
    /* One byte more is refused. */
    begin(TL_EVENT, 0x01010101);
    tl_event(&frame, 0x01010101, 0xF8, "P-1", sos, 1);
    tl_text(&frame, 0x80, bytes, 255);
    tl_text(&frame, 0x81, bytes, 217);
    if (tl_end(&frame) != 0) printf("too long a frame was made\n");
}

static void read_station(const char *hex) {
    size_t length = strlen(hex) / 2, i;
    tl_message m;
    for (i = 0; i < length && i < sizeof buffer; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        buffer[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    /* Between the delimiters. */
    if (length < 2 || !tl_read(buffer + 1, length - 2, &m)) printf("damage\n");
    else printf("%02x %08lx %lu %u\n", m.type, (unsigned long)m.nonce,
                (unsigned long)m.sequence, (unsigned)m.body_length);
}

int main(int count, char **words) {
    int i;
    for (i = 1; i < count; i++) read_station(words[i]);
    if (count > 1) return 0;
    worked_example();
    keepalives();
    events();
    full_block();
    return 0;
}
