// TAP 1.8 in plain C: what a careful C programmer would write for the same work as the decoder.
// Finds blocks, checks their sum and every control character, reads id and message, hands out the
// event and the answer.
#include "CBaselines.h"

#include <stdlib.h>
#include <string.h>

enum { STX = 2, ETX = 3, CR = 0x0D, ETB = 0x17, SUB = 0x1A, US = 0x1F };

// Offset of the end mark of the block at `bytes`, 0 when it is damaged or not whole.
static size_t block_end(const uint8_t *bytes, size_t count) {
    if (count > 262) count = 262;
    unsigned sum = STX, high = 0;
    int foreign = 0;
    for (size_t index = 1; index + 4 < count; index++) {
        uint8_t byte = bytes[index];
        sum += byte;
        high += byte >> 7;
        if (byte >= 0x20 && byte != 0x7F) continue;
        if (byte == CR || byte == SUB || byte == '\n') continue;
        if (byte == STX) return 0;
        if (byte != ETX && byte != ETB && byte != US) {
            if (++foreign == 2) return 0;
            continue;
        }
        unsigned check = 0;
        for (size_t place = index + 1; place < index + 4; place++) {
            if (bytes[place] >> 4 != 3) return 0;
            check = check << 4 | (bytes[place] & 15);
        }
        if (bytes[index + 4] != CR) return 0;
        int is_right = ((sum ^ check) & 0xFFF) == 0 || (((sum - (high << 7)) ^ check) & 0xFFF) == 0;
        return is_right ? index : 0;
    }
    return 0;
}

static void decode(const uint8_t *bytes, size_t end, struct baseline_handler *handler) {
    static const char answer[] = "211 Page accepted\r\x06\r";
    struct baseline_event event = {
        .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
    size_t at = 1;
    for (; at < end && bytes[at] != CR; at++)
        if (bytes[at] > 0x20 && event.address.count < 23)
            event.address.bytes[event.address.count++] = (char)bytes[at];
    if (at < end) at++;
    while (end > at && bytes[end - 1] == CR) end--;
    // The words of an event outlive its frame: they are the caller's to free.
    char *text = malloc(end - at + 1);
    if (!text) return;
    size_t length = 0;
    for (; at < end; at++) {
        uint8_t byte = bytes[at];
        if (byte == SUB && at + 1 < end) byte = bytes[++at] & 0x1F;
        text[length++] = byte < 0x20 || byte > 0x7E ? ' ' : (char)byte;
    }
    text[length] = 0;
    handler->event(handler, &event);
    handler->sum += (uint8_t)text[0];
    free(text);
    uint8_t reply[sizeof answer - 1];
    memcpy(reply, answer, sizeof reply);
    handler->frame(handler, bytes, end, reply, sizeof reply);
}

void baseline_tap(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        size_t stop = *bytes == STX ? block_end(bytes, (size_t)(end - bytes)) : 0;
        if (stop) decode(bytes, stop, handler);
        bytes += stop ? stop + 5 : 1;
    }
}
