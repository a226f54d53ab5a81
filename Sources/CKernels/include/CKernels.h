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

/// The first plane of sketches lies in blocks of 16 rows, 1088 bytes each:
///
///   offset  bytes
///        0   1024  16 lines of 64 bytes, 4 a row: in byte 4r + t of line j, row r's code of dimension
///                  8j + t in the low nibble, that of dimension 8j + 4 + t in the high one
///     1024     32  16 × unsigned 16 bits: the steps, in units of the caller's
///     1056     32  16 × unsigned 16 bits: the distances, in units of the caller's
#define HARK_BLOCK_ROWS 16
#define HARK_BLOCK_NIBBLES 1024
#define HARK_BLOCK_BYTES 1088

/// A query as `sift` takes it. A row survives if
///   (Σ codes · nibbles − middle) · (step · scale) + distance · reach ≥ least,
/// in binary32, in this order, without contraction: every kernel keeps the same rows.
typedef struct {
  /// From -127 to 127.
  int8_t codes[HARK_DIMENSION];
  float middle, scale, reach, least;
} hark_sieve;

/// A row that a query's sieve lets through, counted from the first block's first, with Σ codes · nibbles.
typedef struct {
  uint32_t query, row;
  int32_t dot;
} hark_survivor;

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

  /// Puts the survivors of `block_count` blocks into `found`, which has room for every row and query,
  /// and returns how many they are; those of one query come in the order of the rows. Sums are exact.
  size_t (*sift)(
      const hark_sieve *queries, size_t query_count, const uint8_t *blocks, size_t block_count,
      hark_survivor *found);

  /// Σ codes · nibbles of one row in 64 bytes: of dimension t in the low nibble of byte t, and of
  /// dimension 64 + t in the high one. Exact.
  int32_t (*dot_nibbles)(const int8_t *query, const uint8_t *row);

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

static inline size_t hark_sift(
    const hark_kernels *kernels, const hark_sieve *queries, size_t query_count,
    const uint8_t *blocks, size_t block_count, hark_survivor *found) {
  return kernels->sift(queries, query_count, blocks, block_count, found);
}

static inline int32_t hark_dot_nibbles(
    const hark_kernels *kernels, const int8_t *query, const uint8_t *row) {
  return kernels->dot_nibbles(query, row);
}

/// Asks for `count` bytes that are needed soon.
static inline void hark_ask_for(const void *bytes, size_t count) {
  for (size_t offset = 0; offset < count; offset += 64)
    __builtin_prefetch((const char *)bytes + offset);
}

static inline uint32_t hark_crc32c(
    const hark_kernels *kernels, uint32_t crc, const void *bytes, size_t count) {
  return kernels->crc32c(crc, bytes, count);
}
