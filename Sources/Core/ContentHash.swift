/// A SHA-256 digest (FIPS 180-4) as a value: 32 bytes, ordered and hashed bytewise.
///
/// ``RecordingID`` and ``ModelID`` wrap it, so that the two can never be mistaken for each other.
public struct ContentHash: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Number of bytes in a digest.
  public static let byteCount = 32

  // Four words rather than an array: no allocation, and a million of them cost 32 MB, not 64.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  /// Takes exactly ``byteCount`` bytes; `nil` for any other length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    words = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
  }

  /// Parses 64 hexadecimal digits of either case; `nil` for anything else.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hexadecimal.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// The digest's 32 bytes in order.
  public var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

  /// 64 lowercase hexadecimal digits.
  public var description: String { Hexadecimal.encode(bytes) }

  public static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  public static func < (a: Self, b: Self) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  public func hash(into hasher: inout Hasher) {
    // The digest is uniform already: one word tells two of them apart.
    hasher.combine(words.0)
  }
}

/// Hexadecimal text, both ways.
public enum Hexadecimal {
  /// Two lowercase digits a byte.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// `nil` if `text` has an odd number of digits or anything that is not one.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for unit in text.utf8 {
      guard let digit = value(of: unit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return high == nil ? bytes : nil
  }

  private static func value(of unit: UInt8) -> UInt8? {
    switch unit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): unit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): unit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): unit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
