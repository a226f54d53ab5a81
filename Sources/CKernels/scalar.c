// The oracle: plain loops, one sum each, in the order of the row. Every CPU runs it.
#include <math.h>

#include "tables.h"

// A product and a sum must not be contracted into one operation: every kernel keeps the same rows.
#pragma STDC FP_CONTRACT OFF

static void cosines_f32(const float *query, const float *rows, size_t count, float *scores) {
  for (size_t i = 0; i < count; i++) {
    const float *row = rows + i * HARK_DIMENSION;
    float dot = 0, square = 0;
    for (int j = 0; j < HARK_DIMENSION; j++) {
      dot += query[j] * row[j];
      square += row[j] * row[j];
    }
    int is_safe = square >= HARK_LEAST_SQUARE && square <= HARK_GREATEST_SQUARE;
    scores[i] = is_safe ? dot / sqrtf(square) : INFINITY;
  }
}

static void cosines_i8(
    const int16_t *query, float scale, const int8_t *rows, size_t stride, size_t count,
    float *scores) {
  for (size_t i = 0; i < count; i++) {
    const int8_t *row = rows + i * stride;
    int32_t dot = 0, square = 0;
    for (int j = 0; j < HARK_DIMENSION; j++) {
      dot += query[j] * row[j];
      square += row[j] * row[j];
    }
    scores[i] = square == 0 ? 0 : (float)dot / sqrtf((float)square) * scale;
  }
}

static int32_t dot_of_block(const int8_t *query, const uint8_t *block, int row) {
  int32_t dot = 0;
  for (int j = 0; j < HARK_DIMENSION; j++) {
    int code = block[j / 8 * 64 + row * 4 + j % 4];
    dot += query[j] * (j % 8 < 4 ? code & 15 : code >> 4);
  }
  return dot;
}

static size_t sift(
    const hark_sieve *queries, size_t query_count, const uint8_t *blocks, size_t block_count,
    hark_survivor *found) {
  size_t kept = 0;
  for (size_t b = 0; b < block_count; b++) {
    const uint8_t *block = blocks + b * HARK_BLOCK_BYTES;
    const uint16_t *steps = (const uint16_t *)(block + HARK_BLOCK_NIBBLES);
    const uint16_t *distances = steps + HARK_BLOCK_ROWS;
    for (size_t q = 0; q < query_count; q++) {
      for (int row = 0; row < HARK_BLOCK_ROWS; row++) {
        int32_t dot = dot_of_block(queries[q].codes, block, row);
        float score = ((float)dot - queries[q].middle) * ((float)steps[row] * queries[q].scale);
        if (score + (float)distances[row] * queries[q].reach >= queries[q].least) {
          found[kept++] = (hark_survivor){
              (uint32_t)q, (uint32_t)(b * HARK_BLOCK_ROWS) + (uint32_t)row, dot};
        }
      }
    }
  }
  return kept;
}

static int32_t dot_nibbles(const int8_t *query, const uint8_t *row) {
  int32_t dot = 0;
  for (int j = 0; j < HARK_DIMENSION / 2; j++) {
    dot += query[j] * (row[j] & 15) + query[HARK_DIMENSION / 2 + j] * (row[j] >> 4);
  }
  return dot;
}

const hark_kernels hark_scalar_kernels = {
    .name = "scalar",
    .cosines_f32 = cosines_f32,
    .cosines_i8 = cosines_i8,
    .sift = sift,
    .dot_nibbles = dot_nibbles,
    .crc32c = hark_crc32c_table,
};
