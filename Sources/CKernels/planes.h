// The sieve over the first plane of sketches, for any width of vector. The file that includes this
// defines TARGETED (its attribute), LANES (rows of a vector: 4, 8 or 16), the types `bytes` (codes,
// or one 32-bit sum a row) and `floats`, and these functions of them:
//
//   bytes load(const uint8_t *)            bytes low(bytes), high(bytes): nibbles as bytes
//   bytes spread(const int8_t *)           four codes of a query, in every lane
//   bytes dot(bytes sums, bytes nibbles, bytes codes)
//   floats of_sums(bytes)                  floats of_shorts(const uint16_t *)
//   floats splat(float), plus(a, b), minus(a, b), times(a, b)
//   unsigned at_least(floats, floats)      one bit a lane
//   void keep(int32_t *, bytes)
#include "tables.h"

#define PARTS (HARK_BLOCK_ROWS / LANES)
#define INLINED TARGETED __attribute__((always_inline)) static inline
#define UNROLLED _Pragma("clang loop unroll(full)")

/// One block of rows with `count` queries, which is known when this is compiled: every line of the
/// block is loaded and taken apart once for all of them.
INLINED size_t sift_block(
    const hark_sieve *queries, size_t first, const int count, const uint8_t *block, uint32_t row,
    hark_survivor *found, size_t kept) {
  // Two sums a query where one query alone would wait for each addition.
  const int chains = count * PARTS < 4 ? 2 : 1;
  bytes sums[count * PARTS * chains];
  UNROLLED for (int i = 0; i < count * PARTS * chains; i++) sums[i] = splat_zero();
  for (int line = 0; line < HARK_DIMENSION / 8; line++) {
    UNROLLED for (int part = 0; part < PARTS; part++) {
      bytes codes = load(block + line * 64 + part * LANES * 4);
      bytes even = low(codes), odd = high(codes);
      UNROLLED for (int q = 0; q < count; q++) {
        const int8_t *query = queries[q].codes + line * 8;
        bytes *sum = sums + (q * PARTS + part) * chains;
        sum[0] = dot(sum[0], even, spread(query));
        sum[chains - 1] = dot(sum[chains - 1], odd, spread(query + 4));
      }
    }
  }
  const uint16_t *steps = (const uint16_t *)(block + HARK_BLOCK_NIBBLES);
  const uint16_t *distances = steps + HARK_BLOCK_ROWS;
  UNROLLED for (int part = 0; part < PARTS; part++) {
    floats step = of_shorts(steps + part * LANES);
    floats distance = of_shorts(distances + part * LANES);
    UNROLLED for (int q = 0; q < count; q++) {
      bytes sum = sums[(q * PARTS + part) * chains];
      if (chains == 2) sum = join(sum, sums[(q * PARTS + part) * chains + 1]);
      floats score = times(
          minus(of_sums(sum), splat(queries[q].middle)), times(step, splat(queries[q].scale)));
      floats most = plus(score, times(distance, splat(queries[q].reach)));
      unsigned mask = at_least(most, splat(queries[q].least));
      if (__builtin_expect(mask != 0, 0)) {
        int32_t dots[LANES];
        keep(dots, sum);
        for (; mask != 0; mask &= mask - 1) {
          int lane = __builtin_ctz(mask);
          found[kept++] = (hark_survivor){
              (uint32_t)(first + q), row + (uint32_t)(part * LANES + lane), dots[lane]};
        }
      }
    }
  }
  return kept;
}

/// Blocks in their order for `count` queries; what is further ahead is asked for on the way.
#define SIFT(count)                                                                          \
  for (size_t b = 0; b < block_count; b++) {                                                 \
    const uint8_t *block = blocks + b * HARK_BLOCK_BYTES;                                    \
    if (q == 0) {                                                                            \
      for (int line = 0; line < HARK_BLOCK_BYTES; line += 64)                                \
        __builtin_prefetch(block + HARK_SIEVE_AHEAD + line, 0, 2);                                 \
    }                                                                                        \
    kept = sift_block(                                                                       \
        queries + q, q, count, block, (uint32_t)(b * HARK_BLOCK_ROWS), found, kept);         \
  }                                                                                          \
  q += count

TARGETED static size_t sift(
    const hark_sieve *queries, size_t query_count, const uint8_t *blocks, size_t block_count,
    hark_survivor *found) {
  size_t kept = 0, q = 0;
  while (q + MOST_QUERIES <= query_count) {
    SIFT(MOST_QUERIES);
  }
  while (q + MOST_QUERIES / 4 <= query_count) {
    SIFT(MOST_QUERIES / 4);
  }
  while (q < query_count) {
    SIFT(1);
  }
  return kept;
}

TARGETED static int32_t dot_nibbles(const int8_t *query, const uint8_t *row) {
  bytes sums = splat_zero();
  UNROLLED for (int j = 0; j < HARK_DIMENSION / 2; j += LANES * 4) {
    bytes codes = load(row + j);
    sums = dot(sums, low(codes), load((const uint8_t *)query + j));
    sums = dot(sums, high(codes), load((const uint8_t *)query + HARK_DIMENSION / 2 + j));
  }
  return total(sums);
}
