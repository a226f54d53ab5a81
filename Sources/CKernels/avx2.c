// AVX2 and FMA: four rows at a time, so that one load of the query serves four rows and eight
// chains of additions hide each other's latency.
#include "tables.h"

// A product and a sum must not be contracted into one operation: every kernel keeps the same rows.
#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2,fma")))

/// The sums of four vectors, in order.
AVX2 static inline __m128 sums_ps(__m256 a, __m256 b, __m256 c, __m256 d) {
  __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

AVX2 static inline __m128i sums_epi32(__m256i a, __m256i b, __m256i c, __m256i d) {
  __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

AVX2 static inline __m128 cosines4_f32(
    const float *query, const float *r0, const float *r1, const float *r2, const float *r3) {
  __m256 d0 = _mm256_setzero_ps(), d1 = d0, d2 = d0, d3 = d0, s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 8) {
    __m256 q = _mm256_loadu_ps(query + j);
    __m256 a = _mm256_loadu_ps(r0 + j), b = _mm256_loadu_ps(r1 + j);
    __m256 c = _mm256_loadu_ps(r2 + j), d = _mm256_loadu_ps(r3 + j);
    d0 = _mm256_fmadd_ps(q, a, d0), s0 = _mm256_fmadd_ps(a, a, s0);
    d1 = _mm256_fmadd_ps(q, b, d1), s1 = _mm256_fmadd_ps(b, b, s1);
    d2 = _mm256_fmadd_ps(q, c, d2), s2 = _mm256_fmadd_ps(c, c, s2);
    d3 = _mm256_fmadd_ps(q, d, d3), s3 = _mm256_fmadd_ps(d, d, s3);
  }
  __m128 dots = sums_ps(d0, d1, d2, d3), squares = sums_ps(s0, s1, s2, s3);
  __m128 is_safe = _mm_and_ps(
      _mm_cmpge_ps(squares, _mm_set1_ps(HARK_LEAST_SQUARE)),
      _mm_cmple_ps(squares, _mm_set1_ps(HARK_GREATEST_SQUARE)));
  __m128 cosines = _mm_div_ps(dots, _mm_sqrt_ps(squares));
  return _mm_blendv_ps(_mm_set1_ps(INFINITY), cosines, is_safe);
}

AVX2 static void cosines_f32(const float *query, const float *rows, size_t count, float *scores) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const float *row = rows + i * HARK_DIMENSION;
    hark_prefetch(row, 4 * HARK_DIMENSION * sizeof(float));
    __m128 cosines = cosines4_f32(
        query, row, row + HARK_DIMENSION, row + 2 * HARK_DIMENSION, row + 3 * HARK_DIMENSION);
    _mm_storeu_ps(scores + i, cosines);
  }
  for (; i < count; i++) {
    const float *row = rows + i * HARK_DIMENSION;
    _mm_store_ss(scores + i, cosines4_f32(query, row, row, row, row));
  }
}

/// Sixteen codes of a row: their products with the query's and with themselves, added to the sums.
#define STEP_I8(dot, square, row)                                                    \
  do {                                                                               \
    __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)((row) + j))); \
    dot = _mm256_add_epi32(dot, _mm256_madd_epi16(q, x));                            \
    square = _mm256_add_epi32(square, _mm256_madd_epi16(x, x));                      \
  } while (0)

AVX2 static inline __m128 cosines4_i8(
    const int16_t *query, __m128 scale, const int8_t *r0, const int8_t *r1, const int8_t *r2,
    const int8_t *r3) {
  __m256i d0 = _mm256_setzero_si256(), d1 = d0, d2 = d0, d3 = d0;
  __m256i s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 16) {
    __m256i q = _mm256_loadu_si256((const __m256i *)(query + j));
    STEP_I8(d0, s0, r0);
    STEP_I8(d1, s1, r1);
    STEP_I8(d2, s2, r2);
    STEP_I8(d3, s3, r3);
  }
  __m128 dots = _mm_cvtepi32_ps(sums_epi32(d0, d1, d2, d3));
  __m128 squares = _mm_cvtepi32_ps(sums_epi32(s0, s1, s2, s3));
  __m128 cosines = _mm_mul_ps(_mm_div_ps(dots, _mm_sqrt_ps(squares)), scale);
  return _mm_and_ps(cosines, _mm_cmpgt_ps(squares, _mm_setzero_ps()));
}

AVX2 static void cosines_i8(
    const int16_t *query, float scale, const int8_t *rows, size_t stride, size_t count,
    float *scores) {
  __m128 factor = _mm_set1_ps(scale);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const int8_t *row = rows + i * stride;
    hark_prefetch(row, 4 * stride);
    __m128 cosines = cosines4_i8(
        query, factor, row, row + stride, row + 2 * stride,
        row + 3 * stride);
    _mm_storeu_ps(scores + i, cosines);
  }
  for (; i < count; i++) {
    const int8_t *row = rows + i * stride;
    _mm_store_ss(scores + i, cosines4_i8(query, factor, row, row, row, row));
  }
}

#define TARGETED AVX2
#define LANES 8
#define MOST_QUERIES 4

typedef __m256i bytes;
typedef __m256 floats;

#define WIDE AVX2 __attribute__((always_inline)) static inline

WIDE bytes splat_zero(void) { return _mm256_setzero_si256(); }
WIDE bytes load(const uint8_t *from) { return _mm256_loadu_si256((const __m256i *)from); }
WIDE bytes low(bytes v) { return _mm256_and_si256(v, _mm256_set1_epi8(15)); }
WIDE bytes high(bytes v) { return low(_mm256_srli_epi16(v, 4)); }
WIDE bytes join(bytes a, bytes b) { return _mm256_add_epi32(a, b); }
WIDE bytes spread(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, 4);
  return _mm256_set1_epi32(four);
}
// The sums of pairs stay below 2^15: 2 · 15 · 127.
WIDE bytes dot(bytes sums, bytes nibbles, bytes codes) {
  __m256i pairs = _mm256_maddubs_epi16(nibbles, codes);
  return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
WIDE int32_t total(bytes sums) {
  __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  four = _mm_hadd_epi32(four, four);
  return _mm_cvtsi128_si32(_mm_hadd_epi32(four, four));
}
WIDE floats of_sums(bytes v) { return _mm256_cvtepi32_ps(v); }
WIDE floats of_shorts(const uint16_t *from) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)from)));
}
WIDE floats splat(float v) { return _mm256_set1_ps(v); }
WIDE floats plus(floats a, floats b) { return _mm256_add_ps(a, b); }
WIDE floats minus(floats a, floats b) { return _mm256_sub_ps(a, b); }
WIDE floats times(floats a, floats b) { return _mm256_mul_ps(a, b); }
WIDE unsigned at_least(floats a, floats b) {
  return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}
WIDE void keep(int32_t *to, bytes sums) { _mm256_storeu_si256((__m256i *)to, sums); }

#include "planes.h"

const hark_kernels hark_avx2_kernels = {
    .name = "avx2",
    .cosines_f32 = cosines_f32,
    .cosines_i8 = cosines_i8,
    .sift = sift,
    .dot_nibbles = dot_nibbles,
    .crc32c = hark_crc32c_sse42,
};
#endif
