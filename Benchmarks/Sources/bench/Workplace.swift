import CAffinity
import Core
import Foundation
import Glibc
import SystemPackage

/// A folder for one benchmark's files.
struct Workplace {
  /// Absolute and free of symbolic links, as the catalogue writes paths.
  let path: FilePath

  init() throws {
    let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(parent)/hark-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil, let real = realpath(template, nil) else {
      throw HarkError.system("cannot make a folder in \(parent)", errno: errno)
    }
    path = FilePath(platformString: real)
    free(real)
  }

  /// Whoever made it has to remove it.
  func remove() { try? FileManager.default.removeItem(atPath: path.string) }

  /// A folder in it.
  func folder(_ name: String) throws -> FilePath {
    let folder = path.appending(name)
    try FileManager.default.createDirectory(
      atPath: folder.string, withIntermediateDirectories: true)
    return folder
  }
}

/// Runs `body` with the calling thread on one core, the first that it may use.
func onOneCore<Value>(_ body: () throws -> Value) throws -> Value {
  var allowed = bench_cores()
  guard bench_get_cores(&allowed) == 0 else {
    throw HarkError.system("cannot read the cores of this thread", errno: errno)
  }
  var one = bench_first_core(&allowed)
  guard bench_set_cores(&one) == 0 else {
    throw HarkError.system("cannot bind this thread to one core", errno: errno)
  }
  defer { bench_set_cores(&allowed) }
  return try body()
}

/// Says on standard error what goes on, so that the table alone stands on standard output.
func tell(_ message: String) {
  FileHandle.standardError.write(Data("bench: \(message)\n".utf8))
}
