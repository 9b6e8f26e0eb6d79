// Bytes in memory: the mirrored mapping of the ring, byte search, word loads. No I/O, no clock.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Declared here because the Swift importer does not define _GNU_SOURCE.
extern int memfd_create(const char *name, unsigned int flags);

/// Maps the same `size` bytes twice in a row, so that a run which wraps is still contiguous.
/// `size` must be a multiple of the page size. NULL when the kernel refuses.
static inline void *tocsin_mirror_map(size_t size) {
    int memory = memfd_create("tocsin-ring", 1 /* MFD_CLOEXEC */);
    if (memory < 0) return NULL;
    if (ftruncate(memory, (off_t)size) != 0) {
        close(memory);
        return NULL;
    }
    // Reserve both halves at once, so that nothing else can be mapped between them.
    char *base = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
        close(memory);
        return NULL;
    }
    const int shared = MAP_SHARED | MAP_FIXED;
    void *first = mmap(base, size, PROT_READ | PROT_WRITE, shared, memory, 0);
    void *second = mmap(base + size, size, PROT_READ | PROT_WRITE, shared, memory, 0);
    close(memory);
    if (first == MAP_FAILED || second == MAP_FAILED) {
        munmap(base, 2 * size);
        return NULL;
    }
    return base;
}

static inline void tocsin_mirror_unmap(void *base, size_t size) {
    munmap(base, 2 * size);
}

static inline size_t tocsin_page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

/// Offset of the first `byte`, or -1. The C library's memchr picks the widest vectors of the
/// machine, which Swift's SIMD masks do not reach.
static inline ptrdiff_t tocsin_find(const uint8_t *bytes, size_t count, uint8_t byte) {
    const uint8_t *hit = memchr(bytes, byte, count);
    return hit ? hit - bytes : -1;
}

/// Offset of the first two equal bytes in a row which are `even` or the odd number behind it; -1
/// when there are none.
static inline ptrdiff_t tocsin_find_pair(const uint8_t *bytes, size_t count, uint8_t even) {
    typedef uint8_t block __attribute__((vector_size(16)));
    enum { LENGTH = sizeof(block) + 1 };
    const uint8_t one = 1, odd = even | one;
    size_t index = 0;
    // Sixteen places at a time; the last sixteen may overlap those before.
    while (count >= LENGTH) {
        block first, second;
        memcpy(&first, bytes + index, sizeof first);
        memcpy(&second, bytes + index + 1, sizeof second);
        const block pairs = (block)(first == second) & (block)((first | one) == odd);
        uint64_t halves[2];
        memcpy(halves, &pairs, sizeof halves);
        if (halves[0] | halves[1]) break;
        if (index == count - LENGTH) return -1;
        index = index + 16 < count - LENGTH ? index + 16 : count - LENGTH;
    }
    for (; index + 2 <= count; index++)
        if ((bytes[index] | one) == odd && bytes[index] == bytes[index + 1])
            return (ptrdiff_t)index;
    return -1;
}

/// Eight bytes as one little-endian word.
static inline uint64_t tocsin_load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

/// The first `count` bytes, 1 to 8, as the low bytes of a little-endian word; the rest are 0.
static inline uint64_t tocsin_load_few(const uint8_t *bytes, size_t count) {
    if (count >= 8) return tocsin_load64(bytes);
    if (count >= 4) {
        // The two halves overlap where there are fewer than eight.
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + count - 4, 4);
        return first | (uint64_t)last << 8 * (count - 4);
    }
    // The first, the middle and the last, which are the same where there are fewer than three.
    const size_t middle = count / 2;
    return bytes[0] | (uint64_t)bytes[middle] << 8 * middle
        | (uint64_t)bytes[count - 1] << 8 * (count - 1);
}

/// The bytes behind the last whole word of `count` bytes, as the low bytes of a word.
static inline uint64_t tocsin_load_rest(const uint8_t *bytes, size_t count) {
    if (count < 8) return count ? tocsin_load_few(bytes, count) : 0;
    // In two steps, for there may be none.
    return tocsin_load64(bytes + count - 8) >> 8 * (7 - count % 8) >> 8;
}

/// Sum of `count` bytes, of each the bits that `kept` has, eight at a time.
static inline uint64_t tocsin_sum(const uint8_t *bytes, size_t count, uint8_t kept) {
    const uint64_t ones = 0x0101010101010101, pairs = 0x00FF00FF00FF00FF;
    uint64_t word = tocsin_load_rest(bytes, count) & kept * ones, sum = 0;
    for (size_t index = 0;; index += 8) {
        sum += ((word & pairs) + (word >> 8 & pairs)) * 0x0001000100010001 >> 48;
        if (index + 8 > count) return sum;
        word = tocsin_load64(bytes + index) & kept * ones;
    }
}

/// XOR of `count` bytes, eight at a time.
static inline uint8_t tocsin_xor(const uint8_t *bytes, size_t count) {
    uint64_t word = tocsin_load_rest(bytes, count);
    for (size_t index = 0; index + 8 <= count; index += 8) word ^= tocsin_load64(bytes + index);
    word ^= word >> 32;
    word ^= word >> 16;
    return (uint8_t)(word ^ word >> 8);
}

/// Takes COBS apart: `packed` is what stands between two zeros. Returns how many bytes were written
/// to `content`, which has room for `count`; -1 when a code is 0 or points beyond the end.
///
/// All is copied at once: behind the first code, each code stands where its zero belongs.
static inline ptrdiff_t tocsin_cobs_unpack(
    const uint8_t *packed, size_t count, uint8_t *content) {
    if (count == 0) return 0;
    memcpy(content, packed + 1, count - 1);
    // Codes that stand for no zero: the first, and those behind a block of full length.
    size_t removed = 1;
    for (size_t index = 0; index < count;) {
        const size_t code = packed[index], next = index + code;
        if (code == 0 || next > count) return -1;
        if (next == count) break;
        uint8_t *place = content + next - removed;
        if (code < 255) {
            *place = 0;
        } else {
            memmove(place, place + 1, count - next - 1);
            removed++;
        }
        index = next;
    }
    return (ptrdiff_t)(count - removed);
}

/// The reverse. Returns how many bytes were written to `packed`: at most 1 + `count` + 1 for each
/// 254 of them.
static inline size_t tocsin_cobs_pack(const uint8_t *content, size_t count, uint8_t *packed) {
    size_t index = 0, length = 0;
    for (;;) {
        const size_t most = count - index < 254 ? count - index : 254;
        uint8_t *code = packed + length++;
        size_t run = 0;
        for (; run < most && content[index + run]; run++) packed[length++] = content[index + run];
        *code = (uint8_t)(run + 1);
        index += run;
        if (index == count) return length;
        // A block of full length has swallowed no zero.
        if (run < 254) index++;
    }
}

/// Writes `bytes` to `plain`, which has room for `count`, each pair of `escape` and n as the one
/// byte `escape` - 1 + n, and returns how many that are.
static inline size_t tocsin_unescape(
    const uint8_t *bytes, size_t count, uint8_t escape, uint8_t *plain) {
    const uint64_t ones = 0x0101010101010101;
    size_t index = 0, length = 0;
    while (index < count) {
        if (index + 8 <= count) {
            // The lowest bit that is set belongs to the first escape.
            const uint64_t word = tocsin_load64(bytes + index), zeroed = word ^ escape * ones;
            const uint64_t escapes = (zeroed - ones) & ~zeroed & 0x80 * ones;
            memcpy(plain + length, &word, 8);
            const size_t before = escapes ? (size_t)__builtin_ctzll(escapes) / 8 : 8;
            index += before;
            length += before;
            if (!escapes) continue;
        }
        uint8_t byte = bytes[index++];
        if (byte == escape && index < count) byte = (uint8_t)(byte - 1 + bytes[index++]);
        plain[length++] = byte;
    }
    return length;
}
