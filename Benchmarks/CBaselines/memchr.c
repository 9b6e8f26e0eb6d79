#include "CBaselines.h"

#include <string.h>

size_t baseline_memchr(const uint8_t *bytes, size_t count, uint8_t byte) {
    size_t found = 0;
    const uint8_t *end = bytes + count;
    while (bytes < end && (bytes = memchr(bytes, byte, (size_t)(end - bytes)))) {
        found++;
        bytes++;
    }
    return found;
}
