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

/// How far ahead the sieve asks for blocks, into the second-level cache: two pages, since the hardware
/// does not look past the end of one (measured on one core of an Emerald Rapids, 68 MiB: 3.3 ms; into
/// the first-level cache 4.2, 4 KiB ahead 3.9, unaided 5.0).
#define HARK_SIEVE_AHEAD 8704

/// Asks for `count` bytes at 2 KiB past `rows`. The hardware follows one stream in a page, and four
/// rows read side by side look like four: unaided they come at half the memory's speed (measured
/// 6.5 of 12.7 GB/s with f32 rows on a Zen 3 core, 11.9 with this). Past the end it does nothing.
static inline __attribute__((always_inline)) void hark_prefetch(const void *rows, size_t count) {
  const char *ahead = (const char *)rows + 2048;
  for (size_t offset = 0; offset < count; offset += 64) __builtin_prefetch(ahead + offset);
}
