// Reflected CRC-16 by eight bytes at a time, as the decoder does it: the same method on both sides.
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline void crc16_fill(uint16_t tables[8][256], uint16_t polynomial) {
    for (int byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)byte;
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 1 ? crc >> 1 ^ polynomial : crc >> 1);
        tables[0][byte] = crc;
    }
    for (int table = 1; table < 8; table++)
        for (int byte = 0; byte < 256; byte++) {
            uint16_t before = tables[table - 1][byte];
            tables[table][byte] = (uint16_t)(before >> 8 ^ tables[0][before & 255]);
        }
}

static inline uint16_t crc16_reflected(
    uint16_t tables[8][256], const uint8_t *bytes, size_t count, uint16_t crc) {
    for (; count >= 8; bytes += 8, count -= 8)
        crc = (uint16_t)(
            tables[7][(bytes[0] ^ crc) & 255] ^ tables[6][(bytes[1] ^ crc >> 8) & 255]
            ^ tables[5][bytes[2]] ^ tables[4][bytes[3]] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]]
            ^ tables[1][bytes[6]] ^ tables[0][bytes[7]]);
    for (; count > 0; bytes++, count--)
        crc = (uint16_t)(crc >> 8 ^ tables[0][(crc ^ *bytes) & 255]);
    return crc;
}
