// One pass over a line of text for what a reader of fields wants to know of it.
#pragma once

#include <stddef.h>
#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
/// Sixteen bytes at a time; the last sixteen may overlap those before, which then count once.
/// `count` is 16 at least.
static inline struct tocsin_survey tocsin_survey_blocks(
    const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t bound) {
    static const uint8_t kept[32] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    struct tocsin_survey found = {{0, 0}, 0, 0};
    const __m128i delimiters = _mm_set1_epi8((char)delimiter);
    const __m128i bounds = _mm_set1_epi8((char)bound);
    __m128i sum = _mm_setzero_si128();
    __m128i least = _mm_set1_epi8((char)0xFF);
    uint64_t low = 0, high = 0;
    for (size_t index = 0; index < count; index += 16) {
        size_t start = index + 16 <= count ? index : count - 16;
        __m128i block = _mm_loadu_si128((const __m128i *)(bytes + start));
        __m128i keep = _mm_loadu_si128((const __m128i *)(kept + 16 - (index - start)));
        sum = _mm_xor_si128(sum, _mm_and_si128(block, keep));
        least = _mm_min_epu8(least, block);
        uint64_t marks = (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, delimiters));
        marks >>= index - start;
        if (index < 64)
            low |= marks << index;
        else if (index < 128)
            high |= marks << (index - 64);
    }
    found.delimiters[0] = low;
    found.delimiters[1] = high;
    // What is the greater of itself and the bound is not less.
    __m128i not_less = _mm_cmpeq_epi8(_mm_max_epu8(least, bounds), least);
    found.has_less = _mm_movemask_epi8(not_less) != 0xFFFF;
    sum = _mm_xor_si128(sum, _mm_srli_si128(sum, 8));
    uint64_t folded = (uint64_t)_mm_cvtsi128_si64(sum);
    folded ^= folded >> 32;
    folded ^= folded >> 16;
    folded ^= folded >> 8;
    found.sum = (uint8_t)folded;
    return found;
}
#endif

/// Sums up `count` bytes, marks where `delimiter` is, and says whether any is less than `bound`.
static inline struct tocsin_survey tocsin_survey(
    const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t bound) {
#if defined(__SSE2__)
    if (count >= 16) return tocsin_survey_blocks(bytes, count, delimiter, bound);
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
