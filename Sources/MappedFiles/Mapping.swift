import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A read-only map of a file from its first byte, longer than the file: what is appended shows up in
/// it without a new map. It is undone with the last reference, so a query in flight keeps its own.
///
/// Touching a page past the file's end raises SIGBUS: whoever reads asks ``DataFile/check(holds:for:)``
/// first and stays within what it allowed.
package final class Mapping: @unchecked Sendable {
  // Safe to share: an immutable address of memory that nobody writes through.
  package let base: UnsafeRawPointer
  package let capacity: Int

  /// Least number of bytes that are mapped for what is to come.
  package static let ahead = 16 << 20

  /// Maps at least `byteCount` bytes and as much again, or `ahead` if that is more.
  package init(_ file: DataFile, byteCount: Int, ahead: Int) throws(HarkError) {
    let capacity = (byteCount + min(max(byteCount, ahead), 4 << 30) + 4095) & ~4095
    let address = try file.fileSystem.call("cannot map the file \(file.path.escaped)") {
      file.fileSystem.map(file.descriptor, capacity)
    }
    guard let base = UnsafeRawPointer(bitPattern: address) else {
      throw HarkError(.defect, "the file \(file.path.escaped) was mapped to no address")
    }
    self.base = base
    self.capacity = capacity
  }

  /// Has the system read the first bytes ahead, in large pieces, while others are looked at. Advice:
  /// nothing depends on whether it is taken.
  package func askFor(byteCount: Int) {
    _ = madvise(
      UnsafeMutableRawPointer(mutating: base), min(byteCount, capacity), MADV_WILLNEED)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), capacity) }
}
