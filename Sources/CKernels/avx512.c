// AVX-512 F and BW, for CPUs before VNNI.
#if defined(__x86_64__)
#define TARGET "avx2,fma,avx512f,avx512bw"
#define NAME "avx512"
#define TABLE hark_avx512_kernels
#define DOT_I16(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#define DOT_U8(sum, a, b) \
  _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), _mm512_set1_epi16(1)))
#include "avx512.h"
#endif
