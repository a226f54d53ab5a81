import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if !_endian(little)
  #error("values are written as they lie in memory, and the files are little-endian")
#endif

/// One open file that begins with a ``HeaderPage``. It knows bytes, not what they mean.
package final class DataFile: Sendable {
  package let path: FilePath
  package let descriptor: Int32
  package let fileSystem: FileSystem

  /// Where a file is made before it gets its name, so that a named file is always complete.
  private var temporaryPath: FilePath { Self.temporary(path) }

  private static func temporary(_ path: FilePath) -> FilePath {
    FilePath(bytes: path.bytes + Array(".new".utf8))
  }

  private init(path: FilePath, descriptor: Int, fileSystem: FileSystem) {
    self.path = path
    self.descriptor = Int32(descriptor)
    self.fileSystem = fileSystem
  }

  deinit { close(descriptor) }

  /// Opens a file; `nil` if there is none. Throws `corrupt` or `newerVersion` for a header that is not
  /// this one.
  package static func open(
    _ path: FilePath, header: HeaderPage, remedy: String, fileSystem: FileSystem,
    readOnly: Bool = false
  ) throws(HarkError) -> DataFile? {
    var descriptor: Int
    repeat {
      descriptor = fileSystem.open(path, readOnly ? O_RDONLY : O_RDWR)
    } while descriptor == -Int(EINTR)
    if descriptor == -Int(ENOENT) { return nil }
    guard descriptor >= 0 else {
      throw .system("cannot open the index file \(path.escaped)", errno: Int32(-descriptor))
    }
    let file = DataFile(path: path, descriptor: descriptor, fileSystem: fileSystem)
    try header.check(
      file.read(at: 0, count: HeaderPage.byteCount), path: path, remedy: remedy)
    return file
  }

  /// Makes a file of nothing but its header under a temporary name; ``settle()`` gives it its own.
  package static func create(
    _ path: FilePath, header: HeaderPage, fileSystem: FileSystem
  ) throws(HarkError) -> DataFile {
    let descriptor = try fileSystem.call("cannot create the index file \(path.escaped)") {
      fileSystem.open(temporary(path), O_RDWR | O_CREAT | O_TRUNC)
    }
    let file = DataFile(path: path, descriptor: descriptor, fileSystem: fileSystem)
    do {
      try file.write(header.encoded, at: 0)
    } catch {
      file.discard()
      throw error
    }
    return file
  }

  /// Writes a created file to disk and gives it its name. The caller makes the name durable.
  package func settle() throws(HarkError) {
    try synchronise()
    let from = temporaryPath
    try fileSystem.call("cannot name the index file \(path.escaped)") {
      fileSystem.rename(from, path)
    }
  }

  /// Removes a created file that was not settled.
  package func discard() { _ = fileSystem.unlink(temporaryPath) }

  /// Removes a settled file; whoever has it open goes on reading it.
  package func unlink() throws(HarkError) {
    try fileSystem.call("cannot remove the index file \(path.escaped)") {
      fileSystem.unlink(path)
    }
  }

  /// The file's length in bytes.
  package func length() throws(HarkError) -> Int {
    try fileSystem.call("cannot examine the index file \(path.escaped)") {
      fileSystem.length(descriptor)
    }
  }

  /// Throws `corrupt` if the file is shorter than `byteCount`: reading it through a map would raise
  /// SIGBUS.
  package func check(
    holds byteCount: Int, for content: @autoclosure () -> String, remedy: String
  ) throws(HarkError) {
    let length = try length()
    guard length >= byteCount else {
      throw HarkError(
        .corrupt,
        "the index file \(path.escaped) has \(length) bytes, and \(content()) need \(byteCount)",
        remedy: remedy)
    }
  }

  /// Cuts off what follows the first `byteCount` bytes, if anything does.
  package func truncate(to byteCount: Int) throws(HarkError) {
    guard try length() > byteCount else { return }
    try fileSystem.call("cannot truncate the index file \(path.escaped)") {
      fileSystem.truncate(descriptor, byteCount)
    }
  }

  /// Writes all of `bytes`. When it throws, some of them may be there.
  package func write(_ bytes: [UInt8], at offset: Int) throws(HarkError) {
    var done = 0
    while done < bytes.count {
      let written = try fileSystem.call("cannot write the index file \(path.escaped)") {
        bytes.withUnsafeBytes {
          fileSystem.write(
            descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]), offset + done)
        }
      }
      guard written > 0 else {
        throw .system("cannot write the index file \(path.escaped)", errno: ENOSPC)
      }
      done += written
    }
  }

  /// Up to `count` bytes from `offset`; fewer only at the file's end. Unlike a read through a map,
  /// a bad disk is an error here and no signal.
  package func read(at offset: Int, count: Int) throws(HarkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = try fileSystem.call("cannot read the index file \(path.escaped)") {
        bytes.withUnsafeMutableBytes {
          fileSystem.read(
            descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[done...]), offset + done)
        }
      }
      guard got > 0 else { break }
      done += got
    }
    bytes.removeLast(count - done)
    return bytes
  }

  /// Writes the file's content to disk.
  package func synchronise() throws(HarkError) {
    try fileSystem.call("cannot write the index file \(path.escaped) to disk") {
      fileSystem.synchronise(descriptor)
    }
  }
}
