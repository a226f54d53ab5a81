#include "CDNNL.h"

hark_cpu hark_cpu_detect(void) {
  hark_cpu cpu = {false, false, false, false};
#if defined(__x86_64__)
  __builtin_cpu_init();
  cpu.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  cpu.avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  cpu.vnni = (cpu.avx512 && __builtin_cpu_supports("avx512vnni")) ||
             (cpu.avx2 && __builtin_cpu_supports("avxvnni"));
  cpu.bf16 = cpu.avx512 && __builtin_cpu_supports("avx512bf16");
#endif
  return cpu;
}
