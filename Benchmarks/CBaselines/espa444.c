// ESPA 4.4.4 in plain C: what a careful C programmer would write for the same work as the decoder.
// Finds blocks and control sequences, checks the BCC and every byte of a block, reads the records,
// looks up the kind, makes code and words, hands out the event and the answer.
#include "CBaselines.h"

#include <stdlib.h>
#include <string.h>

enum { SOH = 1, STX = 2, ETX = 3, EOT = 4, ENQ = 5, ACK = 6, NAK = 0x15, RS = 0x1E, US = 0x1F };

struct call {
    const uint8_t *text;
    size_t text_count;
    int type, priority;
};

static int is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }

static int number(const uint8_t *bytes, const uint8_t *end) {
    while (bytes < end && *bytes == ' ') bytes++;
    while (bytes < end && end[-1] == ' ') end--;
    if (bytes == end) return -1;
    int value = 0;
    for (; bytes < end; bytes++) {
        if (!is_digit(*bytes) || value > 99) return 255;
        value = value * 10 + *bytes - '0';
    }
    return value > 255 ? 255 : value;
}

// Length of the block at `bytes`, 0 when it is damaged or not whole.
static size_t block_length(const uint8_t *bytes, size_t count) {
    if (count > 256) count = 256;
    if (count < 5 || !is_digit(bytes[1]) || bytes[2] != STX) return 0;
    uint8_t check = bytes[1];
    int links = 0;
    for (size_t index = 2; index + 1 < count; index++) {
        uint8_t byte = bytes[index];
        check ^= byte;
        if (byte >= 0x20) continue;
        if (byte == ETX) return bytes[index + 1] == check ? index + 2 : 0;
        if (byte == SOH) return 0;
        if ((byte == EOT || byte == ENQ || byte == ACK || byte == NAK) && ++links == 2) return 0;
    }
    return 0;
}

static int read_records(
    const uint8_t *at, const uint8_t *end, struct baseline_event *e, struct call *call) {
    while (at < end) {
        const uint8_t *separator = NULL, *stop = at;
        for (; stop < end && *stop != RS; stop++)
            if (*stop == US && !separator) separator = stop;
        if (!separator) return 0;
        const uint8_t *value = separator + 1;
        switch (number(at, separator)) {
        case 1:
            for (; value < stop && e->address.count < 23; value++) {
                if (*value < 0x20 || *value == 0x7F) return 0;
                if (*value != ' ') e->address.bytes[e->address.count++] = (char)*value;
            }
            break;
        case 2: call->text = value, call->text_count = (size_t)(stop - value); break;
        case 4: call->type = number(value, stop); break;
        case 6: call->priority = number(value, stop); break;
        default: break;
        }
        at = stop + 1;
    }
    return 1;
}

// The words of an event outlive its frame: they are the caller's to free.
static char *words(const struct call *call) {
    if (!call->text_count) return NULL;
    char *text = malloc(call->text_count + 1);
    if (!text) return NULL;
    for (size_t index = 0; index < call->text_count; index++) {
        uint8_t byte = call->text[index];
        text[index] = byte < 0x20 || byte > 0x7E ? ' ' : (char)byte;
    }
    text[call->text_count] = 0;
    return text;
}

static void decode(
    const uint8_t *bytes, size_t length, uint8_t *answer, struct baseline_handler *handler) {
    static const uint8_t kinds[] = {0, 0, 12, 12};
    struct baseline_event event = {
        .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
    struct call call = {.type = -1, .priority = -1};
    if (!read_records(bytes + 3, bytes + length - 2, &event, &call)) return;
    int is_stated = call.priority > 0 && call.priority < 4;
    event.kind = call.type == 1 ? 22 : kinds[is_stated ? call.priority : 0];
    event.code.count = 5;
    event.code.bytes[0] = (char)bytes[1];
    event.code.bytes[1] = event.code.bytes[3] = '.';
    event.code.bytes[2] = call.type < 0 ? '-' : (char)('0' + call.type);
    event.code.bytes[4] = call.priority < 0 ? '-' : (char)('0' + call.priority);
    char *text = words(&call);
    handler->event(handler, &event);
    if (text) handler->sum += (uint8_t)text[0];
    free(text);
    *answer = ACK;
    handler->frame(handler, bytes, length, answer, 1);
}

void baseline_espa444(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    const uint8_t *end = bytes + count;
    uint8_t answer;
    int is_selected = 0;
    while (bytes < end) {
        size_t rest = (size_t)(end - bytes), length = 1;
        if (*bytes == SOH) {
            length = block_length(bytes, rest);
            if (length) decode(bytes, length, &answer, handler);
            else length = 1;
        } else if (*bytes == EOT || (is_digit(*bytes) && rest > 1 && bytes[1] == ENQ)) {
            struct baseline_event event = {
                .kind = 24, .reported_at = INT64_MIN, .battery = 255, .signal = 255,
                .held_bit = 255};
            length = *bytes == EOT ? 1 : 2;
            int is_us = *bytes == '2' && is_selected;
            is_selected = *bytes != EOT;
            answer = ACK;
            handler->event(handler, &event);
            handler->frame(handler, bytes, length, &answer, (size_t)is_us);
        }
        bytes += length;
    }
}
