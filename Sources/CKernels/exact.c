// The scores that answers carry: double precision, one order of summation on every CPU.
#include <math.h>

#include "CKernels.h"

// A contracted multiply-add would round differently where the CPU has one.
#pragma STDC FP_CONTRACT OFF

// Four partial sums: a fixed order that does not wait for each addition.
#define LANES 4

static double total(const double *sums) { return (sums[0] + sums[1]) + (sums[2] + sums[3]); }

static double cosine(double dot, double query, double row) {
  // Of an equal query and row all three are equal, and the root of a square is exact: the score
  // is 1, not nearly 1.
  double norms = sqrt(query * row);
  if (!(norms > 0) || !isfinite(norms) || !isfinite(dot)) return 0;
  double score = dot / norms;
  return score > 1 ? 1 : score < -1 ? -1 : score;
}

double hark_cosine_f32(const float *query, const float *row) {
  double dot[LANES] = {0}, a[LANES] = {0}, b[LANES] = {0};
  for (int j = 0; j < HARK_DIMENSION; j += LANES) {
    for (int lane = 0; lane < LANES; lane++) {
      double x = query[j + lane], y = row[j + lane];
      dot[lane] += x * y;
      a[lane] += x * x;
      b[lane] += y * y;
    }
  }
  return cosine(total(dot), total(a), total(b));
}

double hark_cosine_i8(const float *query, const int8_t *row) {
  double dot[LANES] = {0}, a[LANES] = {0}, b[LANES] = {0};
  for (int j = 0; j < HARK_DIMENSION; j += LANES) {
    for (int lane = 0; lane < LANES; lane++) {
      double x = query[j + lane], y = row[j + lane];
      dot[lane] += x * y;
      a[lane] += x * x;
      b[lane] += y * y;
    }
  }
  return cosine(total(dot), total(a), total(b));
}
