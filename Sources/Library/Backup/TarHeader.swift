import Core

/// The block before each file of a tar archive (POSIX.1-2001, ustar), as far as a backup needs it:
/// plain files with short names.
struct TarHeader: Hashable, Sendable {
  static let blockSize = 512
  /// What follows the last file.
  static let end = [UInt8](repeating: 0, count: 2 * blockSize)

  /// Up to 100 bytes.
  var name: String
  var byteCount: Int
  /// Seconds since 1970.
  var modified: Int

  /// Zeros that fill a file's last block.
  static func padding(after byteCount: Int) -> Int {
    (blockSize - byteCount % blockSize) % blockSize
  }

  /// Bytes that a file takes in an archive.
  static func room(for byteCount: Int) -> Int {
    blockSize + byteCount + padding(after: byteCount)
  }

  init(name: String, byteCount: Int, modified: Int) {
    self.name = name
    self.byteCount = byteCount
    self.modified = modified
  }

  var encoded: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.blockSize)
    func put(_ bytes: some Collection<UInt8>, at offset: Int) {
      block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
    func octal(_ value: Int, digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
    put(name.utf8.prefix(100), at: 0)
    put(octal(0o600, digits: 7), at: 100)
    put(octal(0, digits: 7), at: 108)
    put(octal(0, digits: 7), at: 116)
    if byteCount < 1 << 33 {
      put(octal(byteCount, digits: 11), at: 124)
    } else {
      // As GNU tar and libarchive have it: eleven octal digits end at 8 GiB.
      put([0x80, 0, 0, 0], at: 124)
      put(withUnsafeBytes(of: UInt64(byteCount).bigEndian, Array.init), at: 128)
    }
    put(octal(max(0, modified), digits: 11), at: 136)
    put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
    put("0".utf8, at: 156)
    put("ustar\u{0}00".utf8, at: 257)
    put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return block
  }

  /// `nil` for the zeros at the end. Throws `corrupt` for anything that is no header of a plain file.
  init?(_ block: [UInt8]) throws(HarkError) {
    guard block.contains(where: { $0 != 0 }) else { return nil }
    func octal(_ range: Range<Int>) -> Int? {
      let digits = block[range].filter { $0 != 0 && $0 != UInt8(ascii: " ") }
      return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
    let sum = block.enumerated().reduce(0) {
      $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
    }
    guard block.count == Self.blockSize, octal(148..<156) == sum,
      block[257..<262] == Array("ustar".utf8)[...],
      block[156] == UInt8(ascii: "0"), let modified = octal(136..<148),
      let name = String(validating: block[..<100].prefix { $0 != 0 }, as: UTF8.self)
    else { throw HarkError(.corrupt, "this is no backup that Hark made, or it is damaged") }
    let isLong = block[124] == 0x80
    let byteCount = isLong ? block[128..<136].reduce(0) { $0 << 8 | Int($1) } : octal(124..<136)
    guard let byteCount, (0...1 << 50).contains(byteCount) else {
      throw HarkError(.corrupt, "the backup names a file of an impossible length")
    }
    self.init(name: name, byteCount: byteCount, modified: modified)
  }
}
