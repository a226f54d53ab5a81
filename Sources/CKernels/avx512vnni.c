// AVX-512 with VNNI: product and sum of 16-bit pairs in one instruction. Its wrapping addition is
// exact here, because no sum reaches 2^31.
#if defined(__x86_64__)
#define TARGET "avx2,fma,avx512f,avx512bw,avx512vnni"
#define NAME "avx512vnni"
#define TABLE hark_avx512vnni_kernels
#define DOT_I16(sum, a, b) _mm512_dpwssd_epi32(sum, a, b)
#define DOT_U8(sum, a, b) _mm512_dpbusd_epi32(sum, a, b)
#include "avx512.h"
#endif
