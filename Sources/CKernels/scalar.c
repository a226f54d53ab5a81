// The oracle: plain loops, one sum each, in the order of the row. Every CPU runs it.
#include <math.h>

#include "tables.h"

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

const hark_kernels hark_scalar_kernels = {
    .name = "scalar",
    .cosines_f32 = cosines_f32,
    .cosines_i8 = cosines_i8,
    .crc32c = hark_crc32c_table,
};
