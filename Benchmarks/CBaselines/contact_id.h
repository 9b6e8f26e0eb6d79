// What receivers that print Contact ID have in common in plain C: what an event code means, the
// fields of a line, and the way through the lines. One loop per field.
#pragma once

#include "CBaselines.h"

#include <string.h>

struct contact_id_meaning {
    uint8_t kind, is_test, names_user;
};

// By the first two digits: enough of a table to cost what a table costs.
static struct contact_id_meaning contact_id_meanings[1000];

__attribute__((constructor)) static void fill_contact_id_meanings(void) {
    for (int code = 0; code < 1000; code++)
        contact_id_meanings[code] = (struct contact_id_meaning){
            .kind = (uint8_t)(code / 10 % 26), .is_test = code / 10 == 60,
            .names_user = code / 10 == 40};
}

// Of each byte that is a hexadecimal digit, the same in capitals; 0 of all others.
static uint8_t hex_capitals[256];

__attribute__((constructor)) static void fill_hex_capitals(void) {
    for (int digit = '0'; digit <= '9'; digit++) hex_capitals[digit] = (uint8_t)digit;
    for (int digit = 'A'; digit <= 'F'; digit++)
        hex_capitals[digit] = hex_capitals[digit + 32] = (uint8_t)digit;
}

// `digits` decimal digits; -1 when one is none.
static inline int number(const uint8_t *bytes, int digits) {
    int value = 0;
    for (int index = 0; index < digits; index++) {
        uint8_t digit = (uint8_t)(bytes[index] - '0');
        if (digit > 9) return -1;
        value = value * 10 + digit;
    }
    return value;
}

// Three to ten hexadecimal digits, which become the address in capitals. Zeros alone name no device
// where the line may be the receiver's own.
static inline int read_account(
    const uint8_t *bytes, size_t length, int is_receiver, struct baseline_event *e) {
    if (length < 3 || length > 10) return 0;
    for (size_t index = 0; index < length; index++) {
        uint8_t digit = hex_capitals[bytes[index]];
        if (!digit) return 0;
        is_receiver &= digit == '0';
        e->address.bytes[index] = (char)digit;
    }
    e->address.count = is_receiver ? 0 : (uint8_t)length;
    return 1;
}

// The event of QXYZ, GG and CCC.
static inline int read_event(
    const uint8_t *event, const uint8_t *group, const uint8_t *last, struct baseline_event *e) {
    int qualifier;
    switch (event[0]) {
    case 'E': case '1': qualifier = 1; break;
    case 'R': case '3': qualifier = 3; break;
    case 'P': case '6': qualifier = 6; break;
    default: return 0;
    }
    int code = number(event + 1, 3), partition = number(group, 2), zone = number(last, 3);
    if (code < 0 || partition < 0 || zone < 0) return 0;
    const struct contact_id_meaning meaning = contact_id_meanings[code];
    e->kind = meaning.kind;
    e->is_restored = qualifier == 3 && (code < 400 || code > 499);
    e->is_test = meaning.is_test;
    e->code.count = 4;
    e->code.bytes[0] = (char)('0' + qualifier);
    memcpy(e->code.bytes + 1, event + 1, 3);
    e->partition = (uint16_t)partition;
    e->zone = (uint32_t)zone;
    e->zone_is_user = zone != 0 && meaning.names_user;
    return 1;
}

// The field of `length` bytes in front of `end` and of the blanks there; NULL when it would begin
// before `least`.
static inline const uint8_t *field_before(
    const uint8_t *end, size_t length, const uint8_t *least) {
    while (end > least && end[-1] == ' ') end--;
    return (size_t)(end - least) < length ? NULL : end - length;
}

// receiver _ account _ MT _ QXYZ _ GG _ [F] CCC: read from the end, for any blank may be missing.
static inline int read_printed_event(
    const uint8_t *bytes, size_t count, size_t receiver_length, int has_mark,
    struct baseline_event *e) {
    if (count < receiver_length) return 0;
    const uint8_t *account = bytes + receiver_length, *mark = NULL, *group, *event, *type;
    const uint8_t *zone = field_before(bytes + count, 3, account), *end = zone;
    if (!zone) return 0;
    if (has_mark) {
        mark = end = field_before(end, 1, account);
        if (!mark || (*mark != 'U' && *mark != 'C')) return 0;
    }
    if (!(group = field_before(end, 2, account))) return 0;
    if (!(event = field_before(group, 4, account))) return 0;
    if (!(type = field_before(event, 2, account))) return 0;
    if ((type[0] != '1' && type[0] != '9') || type[1] != '8') return 0;
    const int is_receiver = account[-1] == '0';
    for (end = type; end > account && end[-1] == ' ';) end--;
    while (account < end && *account == ' ') account++;
    if (!read_account(account, (size_t)(end - account), is_receiver, e)) return 0;
    if (!read_event(event, group, zone, e)) return 0;
    if (mark) e->zone_is_user = e->zone != 0 && *mark == 'U';
    return 1;
}

// Hands out each line that ends with `terminator` and that `decode` reads, with its ACK.
static inline void decode_lines(
    const uint8_t *bytes, size_t count, uint8_t terminator,
    int (*decode)(const uint8_t *bytes, size_t count, struct baseline_event *e),
    struct baseline_handler *handler) {
    static const uint8_t ack = 0x06;
    const uint8_t *end = bytes + count;
    while (bytes < end) {
        const uint8_t *stop = memchr(bytes, terminator, (size_t)(end - bytes));
        if (!stop) break;
        struct baseline_event event = {
            .reported_at = INT64_MIN, .battery = 255, .signal = 255, .held_bit = 255};
        if (decode(bytes, (size_t)(stop - bytes), &event)) {
            handler->event(handler, &event);
            handler->frame(handler, bytes, (size_t)(stop - bytes) + 1, &ack, 1);
        }
        bytes = stop + 1;
    }
}
