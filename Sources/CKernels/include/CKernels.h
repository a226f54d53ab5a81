// The search kernels: one body per instruction set, one table of functions for each, chosen once.
//
// Accuracy. What a kernel returns only *selects* candidates; `hark_cosine_f32` and `hark_cosine_i8`
// score those again in double precision, in one fixed order, so an answer never depends on the CPU.
// That is sound because the selecting scores have a known error:
// - f32 rows: for any order of summation, with or without FMA, the error of a dot product of 128
//   terms is at most 128u/(1-128u)·|q||r| (Higham 2002, §3.1; u = 2^-24), of the squared norm
//   relatively the same, plus a few u for rounding the unit query, the root and the quotient:
//   under 200u. HARK_COSINE_F32_ERROR is 256u.
// - 8-bit rows: the query is rounded to 16 bits, dot product and squared norm are exact integers
//   (at most 128·128·32767 < 2^30), so every kernel returns the same bits. The error is the
//   length of the query's rounding error (Cauchy-Schwarz) plus 4u.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Numbers in a row.
#define HARK_DIMENSION 128

/// Largest distance of a score by `cosines_f32` from the exact cosine: 256 · 2^-24.
#define HARK_COSINE_F32_ERROR 0x1p-16f

typedef struct {
  /// The name that HARK_KERNEL forces it by.
  const char *name;

  /// Cosines of a query of length 1 with `count` rows of 128 floats each. A row whose squared norm
  /// f32 cannot hold well (outside 2^±100: zero, tiny, huge, NaN) gets +infinity: ask
  /// `hark_cosine_f32`. `scores` holds `count` floats.
  void (*cosines_f32)(const float *query, const float *rows, size_t count, float *scores);

  /// Cosines of `scale` · `query` (length 1) with the codes of `count` rows, each of which begins with
  /// its 128 codes and ends `stride` bytes after its beginning. A row of zeros scores 0.
  void (*cosines_i8)(
      const int16_t *query, float scale, const int8_t *rows, size_t stride, size_t count,
      float *scores);

  /// CRC-32C (Castagnoli, as RFC 3720 has it) of `bytes`, going on from `crc`; begin with 0.
  uint32_t (*crc32c)(uint32_t crc, const void *bytes, size_t count);
} hark_kernels;

/// The table of that name ("scalar", "avx2", "avx512", "avx512vnni", "neon"), or NULL if this build
/// does not have it or this CPU cannot run it.
const hark_kernels *hark_kernels_named(const char *name);

/// The fastest table that this CPU can run; never NULL.
const hark_kernels *hark_kernels_best(void);

/// Exact to double precision, the same on every CPU, in [-1, 1]; 0 if either vector is zero or a
/// value is not finite.
double hark_cosine_f32(const float *query, const float *row);

/// The same for the codes of one segment row.
double hark_cosine_i8(const float *query, const int8_t *row);

static inline void hark_cosines_f32(
    const hark_kernels *kernels, const float *query, const float *rows, size_t count,
    float *scores) {
  kernels->cosines_f32(query, rows, count, scores);
}

static inline void hark_cosines_i8(
    const hark_kernels *kernels, const int16_t *query, float scale, const int8_t *rows,
    size_t stride, size_t count, float *scores) {
  kernels->cosines_i8(query, scale, rows, stride, count, scores);
}

static inline uint32_t hark_crc32c(
    const hark_kernels *kernels, uint32_t crc, const void *bytes, size_t count) {
  return kernels->crc32c(crc, bytes, count);
}
