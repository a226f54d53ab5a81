/* What this processor can do at best: the limits beside which figures stand. */
#ifndef HARK_BENCH_PEAKS_H
#define HARK_BENCH_PEAKS_H

#include <stddef.h>
#include <stdint.h>

/* Multiplies and adds single-precision numbers in registers, with the widest instructions that the
   processor has. Returns how many multiplications it did, each with an addition; 0 without AVX2 or NEON. */
uint64_t bench_multiply_floats(uint64_t turns);

/* The same for 8-bit numbers, summed in 32 bits: dot products (AVX-512 VNNI), or what AVX2 takes
   for one. 0 where there is neither. */
uint64_t bench_multiply_bytes(uint64_t turns);

/* Reads every byte of `size` (a multiple of 256) once, in order. Returns a sum, so that nothing is left out. */
uint64_t bench_read(const void *bytes, size_t size);

#endif
