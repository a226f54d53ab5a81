import Foundation
import Glibc
import SystemPackage

/// A directory in memory, where the system has one, for files that an input makes.
final class Scratch {
  let path: String

  init() throws {
    let shared = "/dev/shm"
    let parent = access(shared, W_OK) == 0 ? shared : NSTemporaryDirectory()
    path = "\(parent)/hark-fuzz-\(getpid())-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var directory: FilePath { FilePath(path) }

  func file(_ name: String) -> FilePath { directory.appending(name) }

  /// Removes everything in it.
  func clear() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      try? FileManager.default.removeItem(atPath: path + "/" + name)
    }
  }

  func write(_ bytes: [UInt8], _ name: String) {
    do {
      let file = try FileDescriptor.open(
        self.file(name), .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite])
      try file.closeAfter { _ = try file.writeAll(bytes) }
    } catch { fatalError("cannot write \(name) in \(path): \(error)") }
  }

  func read(_ name: String) -> [UInt8] {
    FileManager.default.contents(atPath: path + "/" + name).map { [UInt8]($0) } ?? []
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
