import Core
import SystemPackage

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
  package init(file: Int32, byteCount: Int, ahead: Int, path: FilePath) throws(HarkError) {
    capacity = (byteCount + min(max(byteCount, ahead), 4 << 30) + 4095) & ~4095
    guard let address = mmap(nil, capacity, PROT_READ, MAP_SHARED, file, 0), address != MAP_FAILED
    else { throw .system("cannot map the file \(path.escaped)", errno: errno) }
    base = UnsafeRawPointer(address)
  }

  /// Has the system read the first bytes ahead, in large pieces, while others are looked at. Advice:
  /// nothing depends on whether it is taken.
  package func askFor(byteCount: Int) {
    _ = madvise(
      UnsafeMutableRawPointer(mutating: base), min(byteCount, capacity), MADV_WILLNEED)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), capacity) }
}
