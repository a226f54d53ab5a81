import Core
import MappedFiles
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that appears under its name only when it is whole: written beside it under a hidden name,
/// then renamed. What was not committed is removed.
struct AtomicFile: ~Copyable {
  private let path: FilePath
  private let temporary: FilePath
  private let descriptor: FileDescriptor

  /// Throws ``HarkError`` if `path` names something that is no regular file, such as a directory or
  /// a device, or if its directory takes no new file.
  ///
  /// - Parameter isPrivate: whether only the owner may read it, also where it replaces a file that others
  ///   may; otherwise it gets that file's permissions, or those that the umask leaves.
  init(_ path: FilePath, isPrivate: Bool = false) throws(HarkError) {
    guard path != "-" else {
      throw HarkError(
        .invalidArgument,
        "cannot write to standard output: the file has to be whole before it is there",
        remedy: "name a file; ./- is one of that name")
    }
    // A symbolic link stays one: what it leads to is replaced.
    let target = Self.resolve(path)
    var status = stat()
    let isThere = target.withPlatformString { stat($0, &status) } == 0
    if isThere, status.st_mode & S_IFMT != S_IFREG {
      throw HarkError(
        .invalidArgument, "cannot write \(path.escaped): it is there and no regular file",
        remedy: "name a file to be made or replaced")
    }
    let name = target.lastComponent.map { FilePath(root: nil, components: $0).bytes } ?? []
    // A name of 255 bytes leaves no room for more.
    let stem = name.prefix(200)
    let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let hidden = [UInt8(ascii: ".")] + stem + Array(".\(suffix)".utf8)
    let temporary = target.removingLastComponent().pushing(FilePath(bytes: hidden))
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: isPrivate
          ? .ownerReadWrite
          : isThere
            ? FilePermissions(rawValue: CModeT(status.st_mode) & 0o777)
            : [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
    } catch {
      throw Self.failure("cannot write \(path.escaped)", error)
    }
    self.path = target
    self.temporary = temporary
    self.descriptor = descriptor
  }

  deinit {
    // After a commit the name is gone already.
    _ = temporary.withPlatformString { unlink($0) }
    try? descriptor.close()
  }

  /// Appends bytes.
  func append(_ bytes: [UInt8]) throws(HarkError) {
    do {
      try descriptor.writeAll(bytes)
    } catch {
      throw Self.failure("cannot write \(path.escaped)", error)
    }
  }

  /// Overwrites the file's first bytes.
  func overwrite(_ bytes: [UInt8]) throws(HarkError) {
    do {
      try descriptor.writeAll(toAbsoluteOffset: 0, bytes)
    } catch {
      throw Self.failure("cannot write \(path.escaped)", error)
    }
  }

  /// Lets the file appear under its name. To be called once, at the end.
  func commit() throws(HarkError) {
    try FileSystem.system.publish(descriptor.rawValue, at: temporary, as: path)
  }

  private static func resolve(_ path: FilePath) -> FilePath {
    path.withPlatformString { pointer in
      guard let real = realpath(pointer, nil) else { return path }
      defer { free(real) }
      return FilePath(platformString: real)
    }
  }

  private static func failure(_ message: String, _ error: any Error) -> HarkError {
    guard let number = error as? Errno else {
      return HarkError(.system, message, cause: "\(error)")
    }
    return HarkError.system(message, errno: number.rawValue)
  }
}
