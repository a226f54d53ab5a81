import Core
import Glibc
import SystemPackage

/// The running program.
public enum Executable {
  /// Its absolute path, symbolic links resolved; `nil` where procfs is not mounted.
  public static var path: FilePath? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    return FilePath(bytes: buffer[..<count].map { UInt8(bitPattern: $0) })
  }
}

/// What the locators ask of the file system.
enum Directory {
  /// Names in `directory` that are UTF-8, sorted, without hidden ones; empty if it cannot be read.
  static func names(in directory: FilePath) -> [String] {
    guard let stream = directory.withPlatformString({ opendir($0) }) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(validating: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  static func isReadableFile(_ path: FilePath) -> Bool { isFile(path, mode: R_OK) }

  static func isExecutable(_ path: FilePath) -> Bool { isFile(path, mode: X_OK) }

  private static func isFile(_ path: FilePath, mode: Int32) -> Bool {
    path.withPlatformString { pointer in
      var status = stat()
      return stat(pointer, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        && access(pointer, mode) == 0
    }
  }
}
