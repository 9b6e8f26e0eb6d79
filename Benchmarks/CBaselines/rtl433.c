// JSON lines of rtl_433 in plain C: what a careful C programmer would write for the same work as
// the decoder. Checks the grammar of the whole line, keeps the members that models are told by,
// looks the model up and hands out its events. Strings are compared by memcmp, members by their
// names in turn.
#include "CBaselines.h"

#include <string.h>

enum { LINE_MAX = 4096, DEPTH_MAX = 8, FIELDS_MAX = 12 };
enum kind { SOS, SMOKE, UNKNOWN, BATTERY_LOW, TAMPER, CHECK_IN };
enum test { TEXT, HEX, IS_SET, IS_LOW, ANY };
enum key {
    CODE, CMD, CMD_ID, STATE, EVENT, STYPE, SUBTYPE, MESSAGE, EXTRADATA, ALERT, BUTTON, LEARN,
    TAMPER_KEY, TAMPERED, BATTERY_OK, CLOSED, CONTACT_OPEN, SWITCH1, SWITCH2, SWITCH3, SWITCH4,
    SWITCH5, ALARM, PANIC, SOS_KEY, EMERGENCY, SMOKE_KEY, FIRE, GAS, WATER, LEAK, TEXT_KEY, KEYS
};

static const char *const names[KEYS] = {
    "code", "cmd", "cmd_id", "state", "event", "stype", "subtype", "message", "extradata", "alert",
    "button", "learn", "tamper", "tampered", "battery_ok", "closed", "contact_open", "switch1",
    "switch2", "switch3", "switch4", "switch5", "alarm", "panic", "sos", "emergency", "smoke",
    "fire", "gas", "water", "leak", "text"};

struct rule {
    uint8_t key, test, kind, held;
    const char *text;
    uint32_t number, mask;
};

struct model {
    const char *name;
    char id_start;
    struct rule rules[14];
    int is_holding;
};

#define BATTERY {BATTERY_OK, IS_LOW, BATTERY_LOW, 0, NULL, 0, 0}
#define COVER {TAMPER_KEY, IS_SET, TAMPER, 1, NULL, 0, 0}
#define CODE_OF(number, mask, kind) {CODE, HEX, kind, 255, NULL, number, mask}
#define WORD(key, word, kind) {key, TEXT, kind, 255, word, 0, 0}
#define OTHER(key, kind) {key, ANY, kind, 255, NULL, 0, 0}
#define END {255, 0, 0, 0, NULL, 0, 0}

// A model of each shape; those behind them are there to be passed over.
static const struct model models[] = {
    {"X10-Security", 0,
     {CODE_OF(0x26, 0xFE, SOS), CODE_OF(0x88, 0xFE, SOS), CODE_OF(0x98, 0xFE, SOS),
      CODE_OF(0x06, 0xFE, UNKNOWN), CODE_OF(0x86, 0xFE, UNKNOWN), CODE_OF(0x82, 0xFE, UNKNOWN),
      CODE_OF(0x42, 0x7A, CHECK_IN), CODE_OF(0, 0xBA, CHECK_IN), CODE_OF(0x80, 0xBA, CHECK_IN),
      CODE_OF(0x0C, 0xBE, CHECK_IN), CODE_OF(0x8C, 0xBE, CHECK_IN), BATTERY, COVER, END}, 1},
    {"Chuango-Security", 0, {WORD(CMD_ID, "2", SOS), OTHER(CMD_ID, UNKNOWN), END}, 0},
    {"Kerui-Security", 0, {WORD(STATE, "tamper", TAMPER), OTHER(STATE, CHECK_IN), END}, 0},
    {"Interlogix-Security", '3',
     {WORD(SWITCH1, "OPEN", SOS), WORD(SWITCH2, "OPEN", SOS), WORD(SWITCH3, "OPEN", SOS),
      WORD(SWITCH4, "OPEN", SOS), WORD(SWITCH5, "OPEN", SOS), BATTERY,
      OTHER(SUBTYPE, UNKNOWN), END}, 1},
    {"Interlogix-Security", '2',
     {WORD(SWITCH1, "OPEN", SMOKE), WORD(SWITCH2, "OPEN", SMOKE),
      WORD(SWITCH3, "OPEN", TAMPER), BATTERY, END}, 1},
    {"Interlogix-Security", 'a',
     {WORD(SWITCH1, "OPEN", CHECK_IN), WORD(SWITCH2, "OPEN", CHECK_IN),
      WORD(SWITCH3, "OPEN", TAMPER), BATTERY, END}, 1},
    {"Visonic-Powercode", 0, {{ALARM, IS_SET, SOS, 255, NULL, 0, 0}, COVER, BATTERY, END}, 1},
    {"Honeywell-Security", 0, {{ALARM, IS_SET, UNKNOWN, 255, NULL, 0, 0}, COVER, BATTERY, END}, 1},
    {"DSC-Security", 0, {{CLOSED, IS_LOW, CHECK_IN, 255, NULL, 0, 0}, COVER, BATTERY, END}, 1},
    {"SimpliSafe-Keypad", 0, {WORD(EXTRADATA, "Keypad Panic Button", SOS), END}, 0},
    {"SimpliSafe-Sensor", 0, {OTHER(STATE, UNKNOWN), END}, 0},
    {"Yale-HSA", 0, {OTHER(EVENT, UNKNOWN), END}, 0},
    {"Cavius-Security", 0, {OTHER(MESSAGE, UNKNOWN), BATTERY, END}, 1},
    {"Smoke-GS558", 0, {OTHER(LEARN, SMOKE), END}, 0},
    {"Govee-Water", 0, {OTHER(EVENT, UNKNOWN), END}, 0},
    {"Generic-Remote", 0, {OTHER(CMD, CHECK_IN), END}, 0},
    {"Microchip-HCS200", 0, {OTHER(BUTTON, CHECK_IN), END}, 0},
    {"Honeywell-ActivLink", 0, {WORD(ALERT, "Full", SOS), BATTERY, END}, 1},
};

struct cursor {
    const uint8_t *at, *end;
};

struct string {
    const uint8_t *start;
    size_t count;
};

struct line {
    struct baseline_text model, id, values[FIELDS_MAX];
    uint8_t keys[FIELDS_MAX], count;
};

static void blanks(struct cursor *c) {
    while (c->at < c->end
           && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r' || *c->at == '\n'))
        c->at++;
}

static int take(struct cursor *c, uint8_t mark) {
    blanks(c);
    if (c->at == c->end || *c->at != mark) return 0;
    c->at++;
    return 1;
}

static int hex(uint8_t byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f') return (byte | 0x20) - 'a' + 10;
    return -1;
}

static int string(struct cursor *c, struct string *out) {
    if (!take(c, '"')) return 0;
    out->start = c->at;
    for (; c->at < c->end && *c->at >= 0x20; c->at++) {
        if (*c->at == '"') {
            out->count = (size_t)(c->at++ - out->start);
            return 1;
        }
        if (*c->at != '\\') continue;
        if (++c->at == c->end) return 0;
        if (*c->at == 'u') {
            if (c->end - c->at < 5) return 0;
            for (int i = 1; i < 5; i++)
                if (hex(c->at[i]) < 0) return 0;
            c->at += 4;
        } else if (!memchr("\"\\/bfnrt", *c->at, 8)) {
            return 0;
        }
    }
    return 0;
}

static int digits(struct cursor *c) {
    const uint8_t *start = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') c->at++;
    return c->at > start;
}

static int word(struct cursor *c, const char *literal, size_t count) {
    if ((size_t)(c->end - c->at) < count || memcmp(c->at, literal, count)) return 0;
    c->at += count;
    return 1;
}

static int number(struct cursor *c) {
    if (c->at < c->end && *c->at == '-') c->at++;
    if (!digits(c)) return 0;
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        if (!digits(c)) return 0;
    }
    if (c->at == c->end || (*c->at | 0x20) != 'e') return 1;
    c->at++;
    if (c->at < c->end && (*c->at == '-' || *c->at == '+')) c->at++;
    return digits(c);
}

// 1 for what can be read, 2 for what is passed over.
static int value(struct cursor *c, struct string *out, int depth) {
    blanks(c);
    if (c->at == c->end) return 0;
    out->start = c->at;
    int result = 1;
    switch (*c->at) {
    case '"': return string(c, out);
    case '[': case '{': {
        int is_object = *c->at == '{';
        struct string ignored;
        if (depth >= DEPTH_MAX) return 0;
        c->at++;
        if (take(c, is_object ? '}' : ']')) return 2;
        do {
            if (is_object && (!string(c, &ignored) || !take(c, ':'))) return 0;
            if (!value(c, &ignored, depth + 1)) return 0;
        } while (take(c, ','));
        return take(c, is_object ? '}' : ']') ? 2 : 0;
    }
    case 't': result = word(c, "true", 4); break;
    case 'f': result = word(c, "false", 5); break;
    case 'n': return word(c, "null", 4) ? 2 : 0;
    default: result = number(c);
    }
    out->count = (size_t)(c->at - out->start);
    return result;
}

static int is(const struct string *s, const char *name) {
    return s->count == strlen(name) && !memcmp(s->start, name, s->count);
}

static void copy(struct baseline_text *out, const struct string *s) {
    out->count = 0;
    for (size_t i = 0; i < s->count && out->count < 23; i++) {
        if (s->start[i] == '\\' && i + 1 < s->count) i++;
        out->bytes[out->count++] = (char)s->start[i];
    }
}

static int member(struct cursor *c, struct line *line) {
    struct string name, content;
    if (!string(c, &name) || !take(c, ':')) return 0;
    int type = value(c, &content, 1);
    if (type != 1) return type;
    if (is(&name, "model")) {
        copy(&line->model, &content);
    } else if (is(&name, "id")) {
        copy(&line->id, &content);
    } else {
        for (uint8_t key = 0; key < KEYS; key++) {
            if (!is(&name, names[key]) || line->count == FIELDS_MAX) continue;
            line->keys[line->count] = key;
            copy(&line->values[line->count++], &content);
            break;
        }
    }
    return 1;
}

static int parse(const uint8_t *bytes, size_t count, struct line *line) {
    struct cursor c = {bytes, bytes + count};
    line->count = line->model.count = line->id.count = 0;
    if (!take(&c, '{')) return 0;
    if (!take(&c, '}')) {
        do {
            if (!member(&c, line)) return 0;
        } while (take(&c, ','));
        if (!take(&c, '}')) return 0;
    }
    blanks(&c);
    return c.at == c.end;
}

static int same(const struct baseline_text *text, const char *name) {
    return text->count == strlen(name) && !memcmp(text->bytes, name, text->count);
}

static int passes(const struct baseline_text *text, const struct rule *rule) {
    uint32_t number = 0;
    switch (rule->test) {
    case TEXT: return same(text, rule->text);
    case HEX:
        for (int i = 0; i < text->count; i++) {
            int digit = hex((uint8_t)text->bytes[i]);
            if (digit < 0) return 0;
            number = number << 4 | (uint32_t)digit;
        }
        return text->count > 0 && (number & rule->mask) == rule->number;
    case IS_SET:
        return same(text, "true")
            || (text->count && text->bytes[0] >= '1' && text->bytes[0] <= '9');
    case IS_LOW:
        return same(text, "false") || same(text, "0")
            || (text->count > 2 && !memcmp(text->bytes, "0.0", 3));
    default: return 1;
    }
}

static void tell(const struct line *line, struct baseline_handler *handler) {
    static const uint8_t ranks[] = {0, 0, 1, 2, 2, 3};
    struct baseline_event e = {
        .kind = CHECK_IN, .battery = 255, .signal = 255, .held_bit = 255, .reported_at = INT64_MIN};
    const struct model *model = NULL;
    for (size_t i = 0; i < sizeof models / sizeof *models && !model; i++)
        if (same(&line->model, models[i].name)
            && (!models[i].id_start || (line->id.count && line->id.bytes[0] == models[i].id_start)))
            model = &models[i];
    if (!model) {
        e.code = line->model;
        handler->event(handler, &e);
        return;
    }
    e.address = line->id;
    uint64_t decided = 0;
    uint32_t found = 0;
    const struct baseline_text *values[14];
    for (int r = 0; model->rules[r].key != 255; r++) {
        for (int f = 0; f < line->count; f++) {
            if (line->keys[f] != model->rules[r].key || decided >> line->keys[f] & 1) continue;
            if (!passes(&line->values[f], &model->rules[r])) continue;
            decided |= 1ull << line->keys[f];
            found |= 1u << r;
            values[r] = &line->values[f];
        }
    }
    int told = 0;
    uint32_t held = 0;
    for (uint8_t rank = 0; rank < 3; rank++)
        for (int r = 0; model->rules[r].key != 255; r++) {
            if (!(found >> r & 1) || ranks[model->rules[r].kind] != rank) continue;
            struct baseline_event alarm = e;
            alarm.kind = model->rules[r].kind;
            alarm.code = *values[r];
            alarm.held_bit = model->rules[r].held;
            if (alarm.held_bit != 255) held |= 1u << alarm.held_bit;
            handler->event(handler, &alarm);
            told = 1;
        }
    if (!model->is_holding && told) return;
    e.held_conditions = held;
    for (int r = 0; model->rules[r].key != 255; r++)
        if (found >> r & 1 && model->rules[r].kind == CHECK_IN) {
            e.code = *values[r];
            break;
        }
    handler->event(handler, &e);
}

void baseline_rtl433(const uint8_t *bytes, size_t count, struct baseline_handler *handler) {
    size_t offset = 0;
    while (offset < count) {
        const uint8_t *frame = bytes + offset;
        size_t rest = count - offset < LINE_MAX ? count - offset : LINE_MAX;
        if (*frame != '{') {
            offset++;
            continue;
        }
        const uint8_t *end = memchr(frame, '\n', rest);
        if (!end) break;
        size_t length = (size_t)(end - frame) + 1;
        struct line line;
        if (parse(frame, length, &line)) {
            tell(&line, handler);
            handler->frame(handler, frame, length, NULL, 0);
        }
        offset += length;
    }
}
