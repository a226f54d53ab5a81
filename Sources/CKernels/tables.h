// What the kernel files and the dispatcher share.
#pragma once

#include "CKernels.h"

extern const hark_kernels hark_scalar_kernels;
#if defined(__x86_64__)
extern const hark_kernels hark_avx2_kernels;
extern const hark_kernels hark_avx512_kernels;
extern const hark_kernels hark_avx512vnni_kernels;
#endif
#if defined(__aarch64__)
extern const hark_kernels hark_neon_kernels;
#endif

uint32_t hark_crc32c_table(uint32_t crc, const void *bytes, size_t count);
#if defined(__x86_64__)
uint32_t hark_crc32c_sse42(uint32_t crc, const void *bytes, size_t count);
#endif
#if defined(__aarch64__)
uint32_t hark_crc32c_arm(uint32_t crc, const void *bytes, size_t count);
#endif

/// Squared norms outside these bounds are left to double precision.
#define HARK_LEAST_SQUARE 0x1p-100f
#define HARK_GREATEST_SQUARE 0x1p100f

/// How far ahead the sieve asks for blocks: two pages, since the hardware does not look past the end of
/// one. A plain read of 68 MiB on one core of an Intel Xeon (family 6, model 207) took 4.5 to 5.0 ms
/// unaided and 3.1 to 4.2 with this; into which cache made no difference beyond the runs' own.
#define HARK_SIEVE_AHEAD 8704

/// Asks for `count` bytes at 2 KiB past `rows`. The hardware follows one stream in a page, and four
/// rows read side by side look like four: unaided they come at half the memory's speed (measured
/// 6.5 of 12.7 GB/s with f32 rows on a Zen 3 core, 11.9 with this). Past the end it does nothing.
static inline __attribute__((always_inline)) void hark_prefetch(const void *rows, size_t count) {
  const char *ahead = (const char *)rows + 2048;
  for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch(ahead + offset);
}
