// Which kernels this CPU can run. The caller asks once and keeps the table.
#include <string.h>

#include "tables.h"

static const hark_kernels *const tables[] = {
#if defined(__x86_64__)
    &hark_avx512vnni_kernels,
    &hark_avx512_kernels,
    &hark_avx2_kernels,
#endif
#if defined(__aarch64__)
    &hark_neon_kernels,
#endif
    &hark_scalar_kernels,
};

static int can_run(const hark_kernels *kernels) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("sse4.2");
  int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  if (kernels == &hark_avx2_kernels) return avx2;
  if (kernels == &hark_avx512_kernels) return avx512;
  if (kernels == &hark_avx512vnni_kernels) return avx512 && __builtin_cpu_supports("avx512vnni");
#endif
  // NEON is part of AArch64; its table asks for CRC-32 instructions by itself.
  (void)kernels;
  return 1;
}

const hark_kernels *hark_kernels_named(const char *name) {
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (strcmp(tables[i]->name, name) == 0) return can_run(tables[i]) ? tables[i] : NULL;
  }
  return NULL;
}

const hark_kernels *hark_kernels_best(void) {
  for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
    if (can_run(tables[i])) return tables[i];
  }
  return &hark_scalar_kernels;
}
