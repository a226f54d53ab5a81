import Core
import Glibc
import SystemPackage

/// The names in one directory, read in one go, so that no descriptor stays open.
struct DirectoryListing {
  struct Entry {
    var name: [UInt8]
    /// The kernel's `d_type`.
    var kind: UInt8
  }

  /// Sorted bytewise, without `.` and `..`.
  private(set) var entries: [Entry] = []

  /// Throws the errno of what failed.
  init(_ path: FilePath) throws(Errno) {
    let file = path.withPlatformString {
      open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
    }
    guard file >= 0 else { throw Errno(rawValue: errno) }
    guard let stream = fdopendir(file) else {
      let number = errno
      close(file)
      throw Errno(rawValue: number)
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw Errno(rawValue: errno) }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard name != [46], name != [46, 46] else { continue }
      entries.append(Entry(name: name, kind: entry.pointee.d_type))
    }
    entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// Whether there is nothing but what a file system makes by itself.
  var isEmpty: Bool { entries.allSatisfy { $0.name == Array("lost+found".utf8) } }
}

extension FilePath {
  /// This directory's entry `name`, whatever bytes it consists of.
  func entry(_ name: [UInt8]) -> FilePath {
    FilePath(bytes: bytes.last == UInt8(ascii: "/") ? bytes + name : bytes + [47] + name)
  }
}
