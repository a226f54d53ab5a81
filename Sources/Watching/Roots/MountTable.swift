import Core
import Glibc
import SystemPackage

/// Where file systems are mounted, and a descriptor that tells when that changes.
final class MountTable {
  /// Raises POLLPRI when something is mounted or unmounted (proc(5)); -1 without procfs.
  let descriptor: Int32

  init() { descriptor = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC) }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Mount points strictly below `directory`, a real path.
  func mountPoints(below directory: FilePath) -> [FilePath] {
    guard descriptor >= 0 else { return [] }
    return Self.parse(contents()).filter { $0 != directory && $0.isAtOrBelow(directory) }
  }

  private func contents() -> [UInt8] {
    lseek(descriptor, 0, SEEK_SET)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// The fifth field of every line; spaces and the like are written as `\040`.
  static func parse(_ bytes: [UInt8]) -> [FilePath] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      return fields.count > 4 ? FilePath(bytes: unescape(fields[4])) : nil
    }
  }

  private static func unescape(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      guard byte == UInt8(ascii: "\\"), digits.count == 3,
        digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) })
      else {
        bytes.append(byte)
        continue
      }
      bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 - UInt8(ascii: "0")) })
      rest = rest.dropFirst(3)
    }
    return bytes
  }
}
