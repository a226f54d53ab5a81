import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system calls that a mapped file needs, as values, so that a test can make the n-th one fail.
///
/// Each returns what the call returned, or the negative error number.
package struct FileSystem: Sendable {
  package var open: @Sendable (_ path: FilePath, _ flags: Int32) -> Int
  package var read:
    @Sendable (_ file: Int32, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> Int
  package var write:
    @Sendable (_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int
  package var synchronise: @Sendable (_ file: Int32) -> Int
  package var truncate: @Sendable (_ file: Int32, _ length: Int) -> Int
  package var length: @Sendable (_ file: Int32) -> Int
  /// Maps so many bytes from the beginning, shared and read-only. Returns the address.
  package var map: @Sendable (_ file: Int32, _ byteCount: Int) -> Int
  package var rename: @Sendable (_ from: FilePath, _ to: FilePath) -> Int
  package var unlink: @Sendable (_ path: FilePath) -> Int

  /// Linux's own.
  package static let system = FileSystem(
    open: openFile, read: readFile, write: writeFile, synchronise: synchroniseFile,
    truncate: truncateFile, length: lengthOfFile, map: mapFile, rename: renameFile,
    unlink: unlinkFile)

  /// Repeats a call that a signal interrupted, and throws for any other failure.
  @discardableResult
  package func call(_ message: @autoclosure () -> String, _ body: () -> Int) throws(HarkError)
    -> Int
  {
    while true {
      let result = body()
      if result >= 0 { return result }
      guard result == -Int(EINTR) else { throw .system(message(), errno: Int32(-result)) }
    }
  }

  /// Lets an open file that is complete appear under its name, replacing what is there: after a power
  /// cut there is the old one or all of the new one.
  package func publish(_ file: Int32, at temporary: FilePath, as path: FilePath)
    throws(HarkError)
  {
    try call("cannot write \(path.escaped) to disk") { synchronise(file) }
    try call("cannot make \(path.escaped)") { rename(temporary, path) }
    let parent = path.removingLastComponent()
    try synchronise(directory: parent.isEmpty ? "." : parent)
  }

  /// Makes the names in `directory` durable.
  package func synchronise(directory: FilePath) throws(HarkError) {
    let file = try call("cannot open the directory \(directory.escaped)") {
      open(directory, O_RDONLY | O_DIRECTORY)
    }
    defer { close(Int32(file)) }
    try call("cannot write the directory \(directory.escaped) to disk") {
      synchronise(Int32(file))
    }
  }
}

extension FileSystem {
  /// The names in `directory` that are UTF-8, in no order: others are not ours.
  ///
  /// Throws ``HarkError`` if the directory cannot be read.
  package static func names(in directory: FilePath) throws(HarkError) -> [String] {
    guard let stream = directory.withPlatformString({ opendir($0) }) else {
      throw .system("cannot read the directory \(directory.escaped)", errno: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name { names.append(name) }
    }
    guard errno == 0 else {
      throw .system("cannot read the directory \(directory.escaped)", errno: errno)
    }
    return names
  }
}

private func result(_ value: Int) -> Int { value < 0 ? -Int(errno) : value }

@Sendable private func openFile(_ path: FilePath, _ flags: Int32) -> Int {
  result(Int(path.withPlatformString { open($0, flags | O_CLOEXEC, 0o640) }))
}

@Sendable private func readFile(
  _ file: Int32, _ bytes: UnsafeMutableRawBufferPointer, _ offset: Int
) -> Int {
  result(pread(file, bytes.baseAddress, bytes.count, off_t(offset)))
}

@Sendable private func writeFile(
  _ file: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int
) -> Int {
  result(pwrite(file, bytes.baseAddress, bytes.count, off_t(offset)))
}

@Sendable private func synchroniseFile(_ file: Int32) -> Int { result(Int(fsync(file))) }

@Sendable private func truncateFile(_ file: Int32, _ length: Int) -> Int {
  result(Int(ftruncate(file, off_t(length))))
}

@Sendable private func lengthOfFile(_ file: Int32) -> Int {
  var status = stat()
  guard fstat(file, &status) == 0 else { return -Int(errno) }
  return Int(status.st_size)
}

@Sendable private func mapFile(_ file: Int32, _ byteCount: Int) -> Int {
  guard let address = mmap(nil, byteCount, PROT_READ, MAP_SHARED, file, 0), address != MAP_FAILED
  else { return -Int(errno) }
  return Int(bitPattern: address)
}

@Sendable private func renameFile(_ from: FilePath, _ to: FilePath) -> Int {
  result(
    Int(from.withPlatformString { old in to.withPlatformString { rename(old, $0) } }))
}

@Sendable private func unlinkFile(_ path: FilePath) -> Int {
  result(Int(path.withPlatformString { unlink($0) }))
}
