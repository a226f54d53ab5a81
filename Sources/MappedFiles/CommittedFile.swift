import Core
import SystemPackage

/// The beginning of a file that nobody changes any more, whatever is appended behind it: what a backup
/// copies. The file is open, so that it may lose its name meanwhile.
public struct CommittedFile: Sendable {
  public let name: String
  public let byteCount: Int
  private let reading: @Sendable (_ offset: Int, _ count: Int) throws(HarkError) -> [UInt8]

  /// - Parameter read: up to so many bytes from an offset below `byteCount`.
  public init(
    name: String, byteCount: Int,
    read: @escaping @Sendable (_ offset: Int, _ count: Int) throws(HarkError) -> [UInt8]
  ) {
    self.name = name
    self.byteCount = byteCount
    reading = read
  }

  /// - Throws: `corrupt` if the file is shorter than `byteCount`.
  package init(name: String, _ file: DataFile, byteCount: Int, remedy: String) throws(HarkError) {
    try file.check(holds: byteCount, for: "what the catalogue refers to", remedy: remedy)
    self.init(name: name, byteCount: byteCount) { (offset, count) throws(HarkError) in
      try file.read(at: offset, count: count)
    }
  }

  /// Exactly `count` bytes from `offset`, or as many as there are up to ``byteCount``. Blocks. Throws
  /// `corrupt` if the file was cut short, and what the system says.
  public func read(at offset: Int, count: Int) throws(HarkError) -> [UInt8] {
    let wanted = max(0, min(count, byteCount - offset))
    let bytes = try reading(offset, wanted)
    guard bytes.count == wanted else {
      throw HarkError(.corrupt, "\(name) became shorter while it was copied")
    }
    return bytes
  }
}
