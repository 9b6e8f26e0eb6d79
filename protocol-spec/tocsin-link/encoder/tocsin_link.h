/* Tocsin link, receiver's side: makes the frames a receiver sends, reads those of the station.
 * C99, no heap, no library, no static state. The format is laid down in ../SPEC.md. */
#ifndef TOCSIN_LINK_H
#define TOCSIN_LINK_H

#include <stddef.h>
#include <stdint.h>

enum { TL_FRAME_MAX = 504, TL_CONTENT_MAX = 500, TL_STATION_FRAME_MAX = 128 }; /* bytes */

enum { TL_HELLO = 0x01, TL_EVENT = 0x02, TL_KEEPALIVE = 0x03,
       TL_STATION_HELLO = 0x81, TL_ACK = 0x82, TL_NAK = 0x83 };

enum { TL_RESTORED = 1, TL_TEST = 2, TL_LATE = 4 }; /* flags of an EVENT */

enum { TL_JAMMED = 1, TL_MAINS_LOST = 2, TL_BATTERY_LOW = 4, TL_TAMPERED = 8,
       TL_FAULT = 16 }; /* state of a KEEPALIVE */

enum { TL_POSITION = 0x01, TL_ACCURACY, TL_ALTITUDE, TL_SPEED, TL_COURSE, TL_FIXED_AT, TL_CLOCK,
       TL_BATTERY, TL_SIGNAL, TL_ZONE, TL_PARTITION, TL_FENCE, TL_CODE, TL_TEXT,
       TL_MAKER = 0x10, TL_MODEL, TL_SERIAL }; /* tags of fields */

enum { TL_KIND_SOS = 0x01, TL_KIND_FALL, TL_KIND_MEDICAL, TL_KIND_DURESS, TL_KIND_FIRE,
       TL_KIND_SMOKE, TL_KIND_GAS, TL_KIND_CARBON_MONOXIDE,
       TL_KIND_GEOFENCE_EXIT = 0x11, TL_KIND_INACTIVITY, TL_KIND_INTRUSION, TL_KIND_FLOOD,
       TL_KIND_HELP_NEEDED, TL_KIND_REMOVED, TL_KIND_UNKNOWN,
       TL_KIND_BATTERY_LOW = 0x21, TL_KIND_TAMPER, TL_KIND_POWER_LOST, TL_KIND_SUPERVISION_LOST,
       TL_KIND_COMMUNICATION_FAULT, TL_KIND_DEVICE_FAULT,
       TL_KIND_GEOFENCE_ENTER = 0x31, TL_KIND_CANCEL, TL_KIND_HELP_ARRIVED,
       TL_KIND_SERVICE_REQUEST, TL_KIND_TEST, TL_KIND_CHECK_IN, TL_KIND_POSITION };

/* A frame under construction. Size `bytes` for the longest frame that you send. */
typedef struct {
    uint8_t *bytes;
    size_t size, length; /* room, and bytes written; a frame that did not fit has length 0 */
    size_t code;         /* where the code of the open COBS block will stand */
    size_t content;      /* bytes of content so far */
    uint32_t crc;
    uint8_t overflowed;
} tl_frame;

/* Every frame is begun, given one fixed part, then any fields, and ended. */
void tl_begin(tl_frame *f, uint8_t *bytes, size_t size,
              uint8_t type, uint32_t nonce, uint32_t sequence);
void tl_hello(tl_frame *f, uint8_t version, uint32_t capabilities);
void tl_event(tl_frame *f, uint32_t tick_ms, uint8_t flags, const char *address,
              const uint8_t *kinds, uint8_t kind_count);
void tl_keepalive(tl_frame *f, uint16_t state);

void tl_position(tl_frame *f, int32_t latitude_e7, int32_t longitude_e7, uint8_t has_fix);
/* `width` is the bytes of the value: 1, 2, 4 or 8, as the table of fields in SPEC.md has it. */
void tl_number(tl_frame *f, uint8_t tag, int64_t value, uint8_t width);
void tl_text(tl_frame *f, uint8_t tag, const char *text, uint8_t bytes_max);

/* The bytes to send and, until the ACK, to keep. 0 when the frame did not fit. */
size_t tl_end(tl_frame *f);

typedef struct {
    uint8_t version, type;
    uint32_t nonce, sequence;
    const uint8_t *body;
    size_t body_length;
} tl_message;

/* Reads the `length` bytes between two delimiters, none of them 0, and overwrites them.
 * 1: `m` holds a message of the station. 0: damage, or your own echo; forget it. */
int tl_read(uint8_t *bytes, size_t length, tl_message *m);

#endif
