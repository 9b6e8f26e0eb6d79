// What the station is measured against: the same work in plain C, and a counter of heap calls.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Up to 23 bytes of text.
struct baseline_text {
    uint8_t count;
    char bytes[23];
};

struct baseline_position {
    int32_t latitude, longitude, accuracy, altitude, speed, course;
    int64_t fixed_at;
    uint8_t is_valid;
};

// What a frame says: the fields of the station's own event draft but its free text. Times that are
// not known are INT64_MIN, percentages 255.
struct baseline_event {
    uint8_t kind, is_restored, is_test, is_late;
    uint8_t battery, signal, held_bit, has_position;
    uint16_t partition;
    uint8_t zone_is_user;
    uint32_t zone, serial, held_conditions;
    int64_t reported_at;
    struct baseline_text address, code, fence;
    struct baseline_position position;
};

// Who takes what a decoder finds. A decoder does not know its user, so it calls through pointers.
struct baseline_handler {
    void (*event)(struct baseline_handler *handler, const struct baseline_event *event);
    void (*frame)(
        struct baseline_handler *handler, const uint8_t *bytes, size_t count, const uint8_t *reply,
        size_t reply_count);
    uint64_t sum;
    size_t frames, events;
};

// Folds every field of every event into `sum`.
struct baseline_handler baseline_folding_handler(void);

// Each finds the frames in `bytes` and decodes them.
void baseline_surgard(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_ademco685(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_fbii(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_radionics6500(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_jt808(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_gt06(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_watch(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_tocsin_link(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_dc09(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_espa444(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_tap(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_esp3(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_rfxtrx(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_hid_button(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_ev07b(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_queclink(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_nmea(const uint8_t *bytes, size_t count, struct baseline_handler *handler);
void baseline_rtl433(const uint8_t *bytes, size_t count, struct baseline_handler *handler);

// How often `byte` occurs, found by memchr: the limit of any decoder that looks for an end.
size_t baseline_memchr(const uint8_t *bytes, size_t count, uint8_t byte);

struct baseline_drained {
    uint64_t bytes;
    double cpu_seconds;
};

// Reads and throws away what arrives on non-blocking `descriptors`, the least that any program does
// that listens to them, until it was `expected` bytes or nothing has come for five seconds. The CPU
// time is that of the calling thread.
struct baseline_drained baseline_drain(const int *descriptors, size_t count, uint64_t expected);

// What the station adds to what a frame says.
struct baseline_record {
    uint8_t id[16];
    int64_t sequence, received_at, monotonic;
    const char *kind, *priority, *protocol, *port, *port_name;
    const uint8_t *raw;
    size_t raw_count;
};

// Writes an event as JSON to `out`, which has to have room for it, and returns its length.
size_t baseline_event_json(
    const struct baseline_record *record, const struct baseline_event *event, char *out);

// Heap allocations that the calling thread has made since it began.
uint64_t heap_allocations(void);

// A server in a process of its own that accepts every connection, reads and throws away what comes,
// and answers nothing. `process` is -1 when it could not be had. `held` and `bytes` count up while
// it runs.
struct baseline_holder {
    int process;
    uint16_t port;
    const volatile uint32_t *held;
    const volatile uint64_t *bytes;
};
struct baseline_holder baseline_hold(void);
void baseline_release(struct baseline_holder holder);

// A server in a process of its own that takes `count` clients at the socket `path`, and writes
// `text` to each of them for every `portion` bytes that come on `line`. `turns` counts how often it
// has done that.
struct baseline_fan {
    int process;
    const volatile uint64_t *turns;
};
struct baseline_fan baseline_fan_out(
    const char *path, int line, size_t count, const uint8_t *text, size_t length, size_t portion);

// Clients in a process of its own that read what comes on all `descriptors`. `lines` counts the
// JSON objects that ended a line.
struct baseline_readers {
    int process;
    const volatile uint64_t *lines;
};
struct baseline_readers baseline_read_lines(const int *descriptors, size_t count);

// Ends a process of the two above.
void baseline_end(int process);
