// CRC-32C: reflected polynomial 0x82f63b78, as iSCSI (RFC 3720), ext4 and SSE 4.2 have it.
#include <string.h>

#include "tables.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif
#if defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

uint32_t hark_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
  // table[n] is n after four steps of the polynomial: half a byte at a time.
  static const uint32_t table[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
      0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
  };
  const uint8_t *next = bytes;
  crc = ~crc;
  for (size_t i = 0; i < count; i++) {
    crc ^= next[i];
    crc = table[crc & 15] ^ (crc >> 4);
    crc = table[crc & 15] ^ (crc >> 4);
  }
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t hark_crc32c_sse42(
    uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  uint64_t state = ~crc;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    state = _mm_crc32_u64(state, word);
  }
  for (; count > 0; count--, next++) state = _mm_crc32_u8((uint32_t)state, *next);
  return ~(uint32_t)state;
}
#endif

#if defined(__aarch64__)
__attribute__((target("+crc"))) static uint32_t crc32c_instructions(
    uint32_t crc, const uint8_t *next, size_t count) {
  crc = ~crc;
  for (; count >= 8; count -= 8, next += 8) {
    uint64_t word;
    memcpy(&word, next, 8);
    crc = __crc32cd(crc, word);
  }
  for (; count > 0; count--, next++) crc = __crc32cb(crc, *next);
  return ~crc;
}

uint32_t hark_crc32c_arm(uint32_t crc, const void *bytes, size_t count) {
  // HWCAP_CRC32; optional in ARMv8.0.
  if (getauxval(AT_HWCAP) & (1 << 7)) return crc32c_instructions(crc, bytes, count);
  return hark_crc32c_table(crc, bytes, count);
}
#endif
