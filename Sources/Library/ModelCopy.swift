import Core
import MappedFiles
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Copies of model files in the state directory. Everything here blocks.
enum ModelCopy {
  static func exists(_ path: FilePath) -> Bool { path.withPlatformString { access($0, R_OK) } == 0 }

  /// Whether two files hold the same bytes; a file that cannot be read equals none.
  static func areEqual(_ a: FilePath, _ b: FilePath) -> Bool {
    guard let first = try? read(a), let second = try? read(b) else { return false }
    return first == second
  }

  /// Copies `source` to `target` unless that exists. The name appears only once the bytes are on the
  /// disk.
  static func make(of source: FilePath, at target: FilePath) throws(HarkError) {
    guard !exists(target) else { return }
    let temporary = FilePath(bytes: target.bytes + Array(".new".utf8))
    let bytes = try read(source)
    do {
      let file = try FileDescriptor.open(
        temporary, .writeOnly, options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite])
      try file.closeAfter {
        try file.writeAll(bytes)
        try FileSystem.system.publish(file.rawValue, at: temporary, as: target)
      }
    } catch {
      throw error as? HarkError
        ?? .system("cannot write \(temporary.escaped)", errno: (error as? Errno)?.rawValue ?? EIO)
    }
  }

  private static func read(_ path: FilePath) throws(HarkError) -> [UInt8] {
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
      return try file.closeAfter {
        let size = Int(try file.seek(offset: 0, from: .end))
        return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
          while count < size {
            let part = UnsafeMutableRawBufferPointer(
              rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
            let read = try file.read(fromAbsoluteOffset: Int64(count), into: part)
            guard read > 0 else { break }
            count += read
          }
        }
      }
    } catch {
      throw .system("cannot read \(path.escaped)", errno: (error as? Errno)?.rawValue ?? EIO)
    }
  }
}
