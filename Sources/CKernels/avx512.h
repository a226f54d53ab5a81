// AVX-512: the bodies of two tables, which differ in one instruction. The file that includes this
// defines TARGET (the instruction sets), NAME, TABLE, DOT_I16(sum, a, b)
// and DOT_U8(sum, unsigned, signed).
// A product and a sum must not be contracted into one operation: every kernel keeps the same rows.
#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "tables.h"

#define AVX512 __attribute__((target(TARGET)))

AVX512 static inline __m256 fold_ps(__m512 v) {
  __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
  return _mm256_add_ps(_mm512_castps512_ps256(v), high);
}

AVX512 static inline __m256i fold_epi32(__m512i v) {
  return _mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
}

/// The sums of four vectors, in order.
AVX512 static inline __m128 sums_ps(__m512 a, __m512 b, __m512 c, __m512 d) {
  __m256 pairs = _mm256_hadd_ps(
      _mm256_hadd_ps(fold_ps(a), fold_ps(b)), _mm256_hadd_ps(fold_ps(c), fold_ps(d)));
  return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

AVX512 static inline __m128i sums_epi32(__m512i a, __m512i b, __m512i c, __m512i d) {
  __m256i pairs = _mm256_hadd_epi32(
      _mm256_hadd_epi32(fold_epi32(a), fold_epi32(b)),
      _mm256_hadd_epi32(fold_epi32(c), fold_epi32(d)));
  return _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
}

AVX512 static inline __m128 cosines4_f32(
    const float *query, const float *r0, const float *r1, const float *r2, const float *r3) {
  __m512 d0 = _mm512_setzero_ps(), d1 = d0, d2 = d0, d3 = d0, s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 16) {
    __m512 q = _mm512_loadu_ps(query + j);
    __m512 a = _mm512_loadu_ps(r0 + j), b = _mm512_loadu_ps(r1 + j);
    __m512 c = _mm512_loadu_ps(r2 + j), d = _mm512_loadu_ps(r3 + j);
    d0 = _mm512_fmadd_ps(q, a, d0), s0 = _mm512_fmadd_ps(a, a, s0);
    d1 = _mm512_fmadd_ps(q, b, d1), s1 = _mm512_fmadd_ps(b, b, s1);
    d2 = _mm512_fmadd_ps(q, c, d2), s2 = _mm512_fmadd_ps(c, c, s2);
    d3 = _mm512_fmadd_ps(q, d, d3), s3 = _mm512_fmadd_ps(d, d, s3);
  }
  __m128 dots = sums_ps(d0, d1, d2, d3), squares = sums_ps(s0, s1, s2, s3);
  __m128 is_safe = _mm_and_ps(
      _mm_cmpge_ps(squares, _mm_set1_ps(HARK_LEAST_SQUARE)),
      _mm_cmple_ps(squares, _mm_set1_ps(HARK_GREATEST_SQUARE)));
  __m128 cosines = _mm_div_ps(dots, _mm_sqrt_ps(squares));
  return _mm_blendv_ps(_mm_set1_ps(INFINITY), cosines, is_safe);
}

AVX512 static void cosines_f32(
    const float *query, const float *rows, size_t count, float *scores) {
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

/// Thirty-two codes of a row: their products with the query's and with themselves.
#define STEP_I8(dot, square, row)                                                          \
  do {                                                                                     \
    __m512i x = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)((row) + j)));    \
    dot = DOT_I16(dot, q, x);                                                              \
    square = DOT_I16(square, x, x);                                                        \
  } while (0)

AVX512 static inline __m128 cosines4_i8(
    const int16_t *query, __m128 scale, const int8_t *r0, const int8_t *r1, const int8_t *r2,
    const int8_t *r3) {
  __m512i d0 = _mm512_setzero_si512(), d1 = d0, d2 = d0, d3 = d0;
  __m512i s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 32) {
    __m512i q = _mm512_loadu_si512(query + j);
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

AVX512 static void cosines_i8(
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

#define TARGETED AVX512
#define LANES 16
#define MOST_QUERIES 16

typedef __m512i bytes;
typedef __m512 floats;

#define WIDE AVX512 __attribute__((always_inline)) static inline

WIDE bytes splat_zero(void) { return _mm512_setzero_si512(); }
WIDE bytes load(const uint8_t *from) { return _mm512_loadu_si512(from); }
WIDE bytes low(bytes v) { return _mm512_and_si512(v, _mm512_set1_epi8(15)); }
WIDE bytes high(bytes v) { return low(_mm512_srli_epi16(v, 4)); }
WIDE bytes join(bytes a, bytes b) { return _mm512_add_epi32(a, b); }
WIDE bytes spread(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, 4);
  return _mm512_set1_epi32(four);
}
WIDE bytes dot(bytes sums, bytes nibbles, bytes codes) { return DOT_U8(sums, nibbles, codes); }
WIDE int32_t total(bytes sums) { return _mm512_reduce_add_epi32(sums); }
WIDE floats of_sums(bytes v) { return _mm512_cvtepi32_ps(v); }
WIDE floats of_shorts(const uint16_t *from) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)from)));
}
WIDE floats splat(float v) { return _mm512_set1_ps(v); }
WIDE floats plus(floats a, floats b) { return _mm512_add_ps(a, b); }
WIDE floats minus(floats a, floats b) { return _mm512_sub_ps(a, b); }
WIDE floats times(floats a, floats b) { return _mm512_mul_ps(a, b); }
WIDE unsigned at_least(floats a, floats b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
WIDE void keep(int32_t *to, bytes sums) { _mm512_storeu_si512(to, sums); }

#include "planes.h"

const hark_kernels TABLE = {
    .name = NAME,
    .cosines_f32 = cosines_f32,
    .cosines_i8 = cosines_i8,
    .sift = sift,
    .dot_nibbles = dot_nibbles,
    .crc32c = hark_crc32c_sse42,
};
