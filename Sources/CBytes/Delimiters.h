// One pass over a line of text for what a reader of fields wants to know of it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Offset of the first `byte`, or -1, where it is expected within some tens of bytes: there a call
/// costs as much as the search, and memchr's branches depend on how the bytes are aligned.
static inline ptrdiff_t tocsin_find_near(const uint8_t *bytes, size_t count, uint8_t byte) {
    size_t index = 0;
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8((char)byte);
    for (; index + 16 <= count; index += 16) {
        const __m128i block = _mm_loadu_si128((const __m128i *)(bytes + index));
        const int marks = _mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted));
        if (marks) return (ptrdiff_t)index + __builtin_ctz((unsigned)marks);
    }
#endif
    const uint8_t *hit = memchr(bytes + index, byte, count - index);
    return hit ? hit - bytes : -1;
}

/// What `tocsin_survey` found.
struct tocsin_survey {
    /// A bit for each of the first 128 bytes that is the delimiter, the first lowest.
    uint64_t delimiters[2];
    /// XOR of all bytes.
    uint8_t sum;
    /// Some byte is less than the bound.
    uint8_t has_less;
};

#if defined(__SSE2__)
/// Of at most 64 bytes, with 16 at least in front of their end: takes them into the XOR and the
/// least of all, and returns a bit for each that is the delimiter.
static inline uint64_t tocsin_survey_run(
    const uint8_t *bytes, size_t count, __m128i delimiters, __m128i *sum, __m128i *least) {
    static const uint8_t kept[32] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    uint64_t marks = 0;
    size_t index = 0;
    for (; index + 16 <= count; index += 16) {
        const __m128i block = _mm_loadu_si128((const __m128i *)(bytes + index));
        *sum = _mm_xor_si128(*sum, block);
        *least = _mm_min_epu8(*least, block);
        marks |= (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, delimiters)) << index;
    }
    if (index < count) {
        // The last sixteen overlap those before, which count once.
        const size_t rest = count - index;
        const __m128i block = _mm_loadu_si128((const __m128i *)(bytes + count - 16));
        const __m128i keep = _mm_loadu_si128((const __m128i *)(kept + rest));
        *sum = _mm_xor_si128(*sum, _mm_and_si128(block, keep));
        *least = _mm_min_epu8(*least, block);
        const uint64_t last = (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, delimiters));
        marks |= last >> (16 - rest) << index;
    }
    return marks;
}

/// `count` is 16 at least.
static inline struct tocsin_survey tocsin_survey_runs(
    const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t bound) {
    struct tocsin_survey found = {{0, 0}, 0, 0};
    const __m128i delimiters = _mm_set1_epi8((char)delimiter);
    __m128i sum = _mm_setzero_si128(), least = _mm_set1_epi8((char)0xFF);
    const size_t first = count < 64 ? count : 64;
    found.delimiters[0] = tocsin_survey_run(bytes, first, delimiters, &sum, &least);
    for (size_t index = 64; index < count; index += 64) {
        const size_t run = count - index < 64 ? count - index : 64;
        const uint64_t marks = tocsin_survey_run(bytes + index, run, delimiters, &sum, &least);
        if (index == 64) found.delimiters[1] = marks;
    }
    // What is the greater of itself and the bound is not less.
    const __m128i bounded = _mm_max_epu8(least, _mm_set1_epi8((char)bound));
    found.has_less = _mm_movemask_epi8(_mm_cmpeq_epi8(bounded, least)) != 0xFFFF;
    uint64_t word = (uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(sum, _mm_srli_si128(sum, 8)));
    word ^= word >> 32;
    word ^= word >> 16;
    found.sum = (uint8_t)(word ^ word >> 8);
    return found;
}
#endif

/// Sums up `count` bytes, marks where `delimiter` is, and says whether any is less than `bound`.
static inline struct tocsin_survey tocsin_survey(
    const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t bound) {
#if defined(__SSE2__)
    if (count >= 16) return tocsin_survey_runs(bytes, count, delimiter, bound);
#endif
    struct tocsin_survey found = {{0, 0}, 0, 0};
    for (size_t index = 0; index < count; index++) {
        found.sum ^= bytes[index];
        found.has_less |= bytes[index] < bound;
        if (bytes[index] == delimiter && index < 128)
            found.delimiters[index / 64] |= 1ull << (index % 64);
    }
    return found;
}
