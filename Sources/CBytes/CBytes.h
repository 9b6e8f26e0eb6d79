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

/// XOR of `count` bytes, eight at a time.
static inline uint8_t tocsin_xor(const uint8_t *bytes, size_t count) {
    uint64_t word = 0;
    size_t index = 0;
    for (; index + 8 <= count; index += 8) {
        uint64_t next;
        memcpy(&next, bytes + index, 8);
        word ^= next;
    }
    word ^= word >> 32;
    word ^= word >> 16;
    word ^= word >> 8;
    uint8_t folded = (uint8_t)word;
    for (; index < count; index++) folded ^= bytes[index];
    return folded;
}

/// Eight bytes as one little-endian word.
static inline uint64_t tocsin_load64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}
