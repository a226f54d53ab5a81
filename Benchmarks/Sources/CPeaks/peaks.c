#include "CPeaks.h"

/* Chains of dependent additions that hide their latency: 2 units of 4 or 5 cycles each. */
enum { CHAINS = 12 };

/* Keeps the compiler from working the loop out beforehand, at no cost. */
#define OPAQUE(x) __asm__ volatile("" : "+v"(x))

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static uint64_t floats_avx2(uint64_t turns) {
  __m256 sums[CHAINS], a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(0.25f);
  for (int i = 0; i < CHAINS; i++) sums[i] = a;
  for (uint64_t turn = 0; turn < turns; turn++) {
    OPAQUE(a);
    OPAQUE(b);
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm256_fmadd_ps(sums[i], a, b);
  }
  for (int i = 0; i < CHAINS; i++) OPAQUE(sums[i]);
  return turns * CHAINS * 8;
}

__attribute__((target("avx512f"))) static uint64_t floats_avx512(uint64_t turns) {
  __m512 sums[CHAINS], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(0.25f);
  for (int i = 0; i < CHAINS; i++) sums[i] = a;
  for (uint64_t turn = 0; turn < turns; turn++) {
    OPAQUE(a);
    OPAQUE(b);
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_fmadd_ps(sums[i], a, b);
  }
  for (int i = 0; i < CHAINS; i++) OPAQUE(sums[i]);
  return turns * CHAINS * 16;
}

__attribute__((target("avx2"))) static uint64_t bytes_avx2(uint64_t turns) {
  __m256i sums[CHAINS], a = _mm256_set1_epi8(1), b = a, ones = _mm256_set1_epi16(1);
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm256_setzero_si256();
  for (uint64_t turn = 0; turn < turns; turn++) {
    for (int i = 0; i < CHAINS; i++) {
      OPAQUE(a);
      __m256i pairs = _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones);
      sums[i] = _mm256_add_epi32(sums[i], pairs);
    }
  }
  for (int i = 0; i < CHAINS; i++) OPAQUE(sums[i]);
  return turns * CHAINS * 32;
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static uint64_t bytes_vnni(uint64_t turns) {
  __m512i sums[CHAINS], a = _mm512_set1_epi8(1), b = a;
  for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_setzero_si512();
  for (uint64_t turn = 0; turn < turns; turn++) {
    OPAQUE(a);
    OPAQUE(b);
    for (int i = 0; i < CHAINS; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], a, b);
  }
  for (int i = 0; i < CHAINS; i++) OPAQUE(sums[i]);
  return turns * CHAINS * 64;
}

uint64_t bench_multiply_floats(uint64_t turns) {
  if (__builtin_cpu_supports("avx512f")) return floats_avx512(turns);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return floats_avx2(turns);
  return 0;
}

uint64_t bench_multiply_bytes(uint64_t turns) {
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw"))
    return bytes_vnni(turns);
  return __builtin_cpu_supports("avx2") ? bytes_avx2(turns) : 0;
}

#elif defined(__aarch64__)
#include <arm_neon.h>

#undef OPAQUE
#define OPAQUE(x) __asm__ volatile("" : "+w"(x))

uint64_t bench_multiply_floats(uint64_t turns) {
  float32x4_t sums[CHAINS], a = vdupq_n_f32(0.5f), b = vdupq_n_f32(0.25f);
  for (int i = 0; i < CHAINS; i++) sums[i] = a;
  for (uint64_t turn = 0; turn < turns; turn++) {
    OPAQUE(a);
    OPAQUE(b);
    for (int i = 0; i < CHAINS; i++) sums[i] = vfmaq_f32(b, sums[i], a);
  }
  for (int i = 0; i < CHAINS; i++) OPAQUE(sums[i]);
  return turns * CHAINS * 4;
}

uint64_t bench_multiply_bytes(uint64_t turns) {
  (void)turns;
  return 0;
}

#else

uint64_t bench_multiply_floats(uint64_t turns) {
  (void)turns;
  return 0;
}

uint64_t bench_multiply_bytes(uint64_t turns) {
  (void)turns;
  return 0;
}

#endif

typedef uint64_t lane __attribute__((vector_size(32)));

uint64_t bench_read(const void *bytes, size_t size) {
  const lane *lanes = bytes;
  lane a = {0}, b = {0}, c = {0}, d = {0};
  for (size_t i = 0; i + 4 <= size / sizeof(lane); i += 4) {
    a += lanes[i];
    b += lanes[i + 1];
    c += lanes[i + 2];
    d += lanes[i + 3];
  }
  a += b + c + d;
  return a[0] + a[1] + a[2] + a[3];
}
