#include "CBaselines.h"

static void event(struct baseline_handler *handler, const struct baseline_event *e) {
    uint64_t sum = handler->sum;
    sum += e->kind + (uint64_t)e->battery + e->signal + e->zone + e->serial + e->held_conditions;
    sum += (uint64_t)e->reported_at + e->address.count + e->code.count;
    if (e->has_position) {
        const struct baseline_position *p = &e->position;
        sum += (uint32_t)(p->latitude ^ p->longitude) + (uint64_t)(uint32_t)p->altitude;
        sum += (uint32_t)p->speed + (uint64_t)(uint32_t)p->course + (uint64_t)p->fixed_at;
    }
    handler->sum = sum;
    handler->events++;
}

static void frame(
    struct baseline_handler *handler, const uint8_t *bytes, size_t count, const uint8_t *reply,
    size_t reply_count) {
    (void)bytes, (void)count, (void)reply;
    handler->frames++;
    handler->sum += reply_count;
}

struct baseline_handler baseline_folding_handler(void) {
    return (struct baseline_handler){.event = event, .frame = frame};
}
