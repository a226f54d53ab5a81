// NEON, which every AArch64 CPU has: four rows at a time, as avx2.c does.
#include "tables.h"

// A product and a sum must not be contracted into one operation: every kernel keeps the same rows.
#pragma STDC FP_CONTRACT OFF

#if defined(__aarch64__)
#include <arm_neon.h>
#include <math.h>
#include <string.h>

/// The sums of four vectors, in order.
static inline float32x4_t sums_f32(float32x4_t a, float32x4_t b, float32x4_t c, float32x4_t d) {
  return vpaddq_f32(vpaddq_f32(a, b), vpaddq_f32(c, d));
}

static inline int32x4_t sums_s32(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
  return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

static inline float32x4_t cosines4_f32(
    const float *query, const float *r0, const float *r1, const float *r2, const float *r3) {
  float32x4_t d0 = vdupq_n_f32(0), d1 = d0, d2 = d0, d3 = d0, s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 4) {
    float32x4_t q = vld1q_f32(query + j);
    float32x4_t a = vld1q_f32(r0 + j), b = vld1q_f32(r1 + j);
    float32x4_t c = vld1q_f32(r2 + j), d = vld1q_f32(r3 + j);
    d0 = vfmaq_f32(d0, q, a), s0 = vfmaq_f32(s0, a, a);
    d1 = vfmaq_f32(d1, q, b), s1 = vfmaq_f32(s1, b, b);
    d2 = vfmaq_f32(d2, q, c), s2 = vfmaq_f32(s2, c, c);
    d3 = vfmaq_f32(d3, q, d), s3 = vfmaq_f32(s3, d, d);
  }
  float32x4_t dots = sums_f32(d0, d1, d2, d3), squares = sums_f32(s0, s1, s2, s3);
  uint32x4_t is_safe = vandq_u32(
      vcgeq_f32(squares, vdupq_n_f32(HARK_LEAST_SQUARE)),
      vcleq_f32(squares, vdupq_n_f32(HARK_GREATEST_SQUARE)));
  float32x4_t cosines = vdivq_f32(dots, vsqrtq_f32(squares));
  return vbslq_f32(is_safe, cosines, vdupq_n_f32(INFINITY));
}

static void cosines_f32(const float *query, const float *rows, size_t count, float *scores) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const float *row = rows + i * HARK_DIMENSION;
    hark_prefetch(row, 4 * HARK_DIMENSION * sizeof(float));
    float32x4_t cosines = cosines4_f32(
        query, row, row + HARK_DIMENSION, row + 2 * HARK_DIMENSION, row + 3 * HARK_DIMENSION);
    vst1q_f32(scores + i, cosines);
  }
  for (; i < count; i++) {
    const float *row = rows + i * HARK_DIMENSION;
    scores[i] = vgetq_lane_f32(cosines4_f32(query, row, row, row, row), 0);
  }
}

/// Sixteen codes of a row: their products with the query's and with themselves, added to the sums.
#define STEP_I8(dot, square, row)                                         \
  do {                                                                    \
    int8x16_t x = vld1q_s8((row) + j);                                    \
    int16x8_t low = vmovl_s8(vget_low_s8(x)), high = vmovl_high_s8(x);    \
    dot = vmlal_s16(dot, vget_low_s16(low), vget_low_s16(q0));            \
    dot = vmlal_high_s16(dot, low, q0);                                   \
    dot = vmlal_s16(dot, vget_low_s16(high), vget_low_s16(q1));           \
    dot = vmlal_high_s16(dot, high, q1);                                  \
    square = vpadalq_s16(square, vmull_s8(vget_low_s8(x), vget_low_s8(x))); \
    square = vpadalq_s16(square, vmull_high_s8(x, x));                    \
  } while (0)

static inline float32x4_t cosines4_i8(
    const int16_t *query, float scale, const int8_t *r0, const int8_t *r1, const int8_t *r2,
    const int8_t *r3) {
  int32x4_t d0 = vdupq_n_s32(0), d1 = d0, d2 = d0, d3 = d0, s0 = d0, s1 = d0, s2 = d0, s3 = d0;
  for (int j = 0; j < HARK_DIMENSION; j += 16) {
    int16x8_t q0 = vld1q_s16(query + j), q1 = vld1q_s16(query + j + 8);
    STEP_I8(d0, s0, r0);
    STEP_I8(d1, s1, r1);
    STEP_I8(d2, s2, r2);
    STEP_I8(d3, s3, r3);
  }
  float32x4_t dots = vcvtq_f32_s32(sums_s32(d0, d1, d2, d3));
  float32x4_t squares = vcvtq_f32_s32(sums_s32(s0, s1, s2, s3));
  float32x4_t cosines = vmulq_n_f32(vdivq_f32(dots, vsqrtq_f32(squares)), scale);
  uint32x4_t is_zero = vceqzq_f32(squares);
  return vbslq_f32(is_zero, vdupq_n_f32(0), cosines);
}

static void cosines_i8(
    const int16_t *query, float scale, const int8_t *rows, size_t stride, size_t count,
    float *scores) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const int8_t *row = rows + i * stride;
    hark_prefetch(row, 4 * stride);
    float32x4_t cosines = cosines4_i8(
        query, scale, row, row + stride, row + 2 * stride,
        row + 3 * stride);
    vst1q_f32(scores + i, cosines);
  }
  for (; i < count; i++) {
    const int8_t *row = rows + i * stride;
    scores[i] = vgetq_lane_f32(cosines4_i8(query, scale, row, row, row, row), 0);
  }
}

#define TARGETED
#define LANES 4
#define MOST_QUERIES 4

typedef uint8x16_t bytes;
typedef float32x4_t floats;

#define WIDE __attribute__((always_inline)) static inline

WIDE bytes of_s32(int32x4_t v) { return vreinterpretq_u8_s32(v); }
WIDE int32x4_t s32(bytes v) { return vreinterpretq_s32_u8(v); }
WIDE bytes splat_zero(void) { return vdupq_n_u8(0); }
WIDE bytes load(const uint8_t *from) { return vld1q_u8(from); }
WIDE bytes low(bytes v) { return vandq_u8(v, vdupq_n_u8(15)); }
WIDE bytes high(bytes v) { return vshrq_n_u8(v, 4); }
WIDE bytes join(bytes a, bytes b) { return of_s32(vaddq_s32(s32(a), s32(b))); }
WIDE bytes spread(const int8_t *codes) {
  int32_t four;
  memcpy(&four, codes, 4);
  return of_s32(vdupq_n_s32(four));
}
WIDE bytes dot(bytes sums, bytes nibbles, bytes codes) {
  int8x16_t n = vreinterpretq_s8_u8(nibbles), c = vreinterpretq_s8_u8(codes);
  // Pairs first: 2 · 15 · 127 stays below 2^15, and then one sum a row is left.
  int16x8_t pairs = vpaddq_s16(
      vmull_s8(vget_low_s8(n), vget_low_s8(c)), vmull_high_s8(n, c));
  return of_s32(vpadalq_s16(s32(sums), pairs));
}
WIDE int32_t total(bytes sums) { return vaddvq_s32(s32(sums)); }
WIDE floats of_sums(bytes v) { return vcvtq_f32_s32(s32(v)); }
WIDE floats of_shorts(const uint16_t *from) { return vcvtq_f32_u32(vmovl_u16(vld1_u16(from))); }
WIDE floats splat(float v) { return vdupq_n_f32(v); }
WIDE floats plus(floats a, floats b) { return vaddq_f32(a, b); }
WIDE floats minus(floats a, floats b) { return vsubq_f32(a, b); }
WIDE floats times(floats a, floats b) { return vmulq_f32(a, b); }
WIDE unsigned at_least(floats a, floats b) {
  const uint32x4_t bits = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcgeq_f32(a, b), bits));
}
WIDE void keep(int32_t *to, bytes sums) { vst1q_s32(to, s32(sums)); }

#include "planes.h"

const hark_kernels hark_neon_kernels = {
    .name = "neon",
    .cosines_f32 = cosines_f32,
    .cosines_i8 = cosines_i8,
    .sift = sift,
    .dot_nibbles = dot_nibbles,
    .crc32c = hark_crc32c_arm,
};
#endif
