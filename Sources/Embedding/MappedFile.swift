import Core
import Glibc
import SystemPackage

/// A whole file mapped read-only. The mapping is private and nobody writes it; it lives until the
/// last reference goes.
///
/// A file that is cut short while mapped raises SIGBUS when a lost page is read, so whoever
/// replaces a model writes a new file and renames it over the old one.
final class MappedFile: @unchecked Sendable {
  // Safe to share: the bytes are never written through this mapping, and the pointer never changes.
  let bytes: UnsafeRawBufferPointer

  /// Throws ``HarkError`` if the file cannot be opened or mapped, or is not a regular file.
  init(_ path: FilePath) throws(HarkError) {
    let name = path.escaped
    let descriptor = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else {
      throw .system(
        "cannot open the model file \(name)", errno: errno,
        remedy: "give a model's path with --model")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system("cannot examine the model file \(name)", errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw HarkError(.invalidArgument, "the model \(name) is not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw HarkError(.corrupt, "the model file \(name) is empty") }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED
    else { throw .system("cannot map the model file \(name)", errno: errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
