import CKernels

/// CRC-32C (RFC 3720), which covers every byte in the state directory that counts.
package enum Checksum {
  /// The checksum of `bytes`, going on from `checksum`. About 0.1 ns a byte on current CPUs.
  package static func crc32c(
    _ bytes: UnsafeRawBufferPointer, from checksum: UInt32 = 0
  ) -> UInt32 {
    hark_crc32c(hark_kernels_best(), checksum, bytes.baseAddress, bytes.count)
  }

  package static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { crc32c($0) }
  }
}
