import Core
import SystemPackage

// Every file of Hark's own begins with one page of 4096 bytes that is written once:
//
//   offset  bytes
//        0      8  magic
//        8      4  format version
//       12   4080  what the file is: the format's own fields, then zero
//     4092      4  CRC-32C of the 4092 bytes before
//
// Numbers are little-endian. Magic, version and CRC keep their places in every version of every
// format, so that a newer file can be told from a damaged one.

/// A header page while it is made, and the check of one that was read.
package struct HeaderPage: Hashable, Sendable {
  package static let byteCount = 4096
  private static let checksumOffset = byteCount - 4

  private let version: UInt32
  private var bytes: [UInt8]

  /// - Parameter magic: eight bytes.
  package init(magic: StaticString, version: UInt32) {
    self.version = version
    bytes = [UInt8](repeating: 0, count: Self.byteCount)
    bytes.replaceSubrange(0..<8, with: magic.withUTF8Buffer { Array($0.prefix(8)) })
    set(version, at: 8)
  }

  /// Writes a number into the format's own fields.
  package mutating func set<Word: FixedWidthInteger>(_ value: Word, at offset: Int) {
    withUnsafeBytes(of: value.littleEndian) { set($0, at: offset) }
  }

  /// Writes bytes into the format's own fields.
  package mutating func set(_ field: some Collection<UInt8>, at offset: Int) {
    bytes.replaceSubrange(offset..<offset + field.count, with: field)
  }

  /// The page as it is written.
  package var encoded: [UInt8] {
    var page = self
    page.set(Checksum.crc32c(bytes[..<Self.checksumOffset]), at: Self.checksumOffset)
    return page.bytes
  }

  /// Throws `corrupt` unless `page` is exactly this page, and `newerVersion` if it is sound but of a
  /// version that is not known here.
  package func check(
    _ page: [UInt8], path: FilePath, remedy: String
  ) throws(HarkError) {
    guard page.count == Self.byteCount, page.starts(with: bytes.prefix(8)),
      page.word(at: Self.checksumOffset) == Checksum.crc32c(page[..<Self.checksumOffset])
    else {
      throw HarkError(
        .corrupt, "the index file \(path.escaped) has a damaged header", remedy: remedy)
    }
    let found = page.word(at: 8)
    guard found <= version else {
      throw HarkError(
        .newerVersion, "the index file \(path.escaped) has format version \(found)",
        remedy: "this Hark reads up to version \(version): use the newer Hark")
    }
    guard page == encoded else {
      throw HarkError(
        .corrupt, "the index file \(path.escaped) is not what its name says", remedy: remedy,
        cause: "its header names another kind, model, parameters or generation")
    }
  }
}

extension [UInt8] {
  fileprivate func word(at offset: Int) -> UInt32 {
    self[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
