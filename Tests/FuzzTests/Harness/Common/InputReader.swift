/// Takes decisions from an input's bytes; past its end everything is zero.
struct InputReader {
  private var rest: ArraySlice<UInt8>

  init(_ input: [UInt8]) { rest = input[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  mutating func word() -> Int { Int(byte()) | Int(byte()) << 8 }

  mutating func long() -> UInt32 { UInt32(word()) | UInt32(word()) << 16 }

  mutating func bytes(_ count: Int) -> [UInt8] {
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func all() -> [UInt8] { bytes(rest.count) }
}

/// A change to one of a few files: an input is a list of them.
///
/// The first byte says which file, the next four where, the sixth how many bytes follow. Files of many
/// kilobytes would make a corpus large and mutations slow.
struct Patch {
  /// Which of `count` files, or one more: what refers to them.
  var file: Int
  var offset: Int
  var bytes: [UInt8]

  init(_ reader: inout InputReader, files count: Int) {
    file = Int(reader.byte()) % (count + 1)
    offset = Int(reader.long())
    bytes = reader.bytes(Int(reader.byte()) % 64)
  }

  /// Writes the bytes into a region of `file`, or cuts the file off where there are none.
  func apply(to file: inout [UInt8], _ region: Range<Int>? = nil) {
    guard !file.isEmpty else { return }
    let region = region ?? 0..<file.count
    guard !region.isEmpty else { return }
    let start = region.lowerBound + offset % region.count
    guard !bytes.isEmpty else {
      file.removeLast(file.count - start)
      return
    }
    for (i, byte) in bytes.enumerated() where start + i < file.count { file[start + i] = byte }
  }
}

extension [UInt8] {
  /// Four bytes of a number at a place that is there.
  mutating func put(_ value: UInt32, at offset: Int) {
    guard offset >= 0, offset + 4 <= count else { return }
    for i in 0..<4 { self[offset + i] = UInt8(truncatingIfNeeded: value >> UInt32(8 * i)) }
  }
}
