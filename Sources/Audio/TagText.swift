/// Text that a file says about itself, made valid, trimmed and bounded.
enum TagText {
  /// Characters of one tag that are kept.
  static let limit = 512

  /// `nil` for nothing but white space. Bytes that are not UTF-8 are read as Windows-1252, of which
  /// Latin-1's printable characters are a part; control characters become spaces.
  static func decode(_ bytes: some Collection<UInt8>) -> String? {
    var bounded = Array(bytes.prefix { $0 != 0 }.prefix(limit * 8))
    if bounded.count == limit * 8 {
      // The cut may have split a character.
      while let last = bounded.popLast(), last & 0xc0 == 0x80 {}
    }
    let text = String(validating: bounded, as: UTF8.self) ?? windows1252(bounded)
    var clean = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      clean.append(isControl ? " " : scalar)
    }
    var rest = Substring(String(clean))
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    rest = rest.prefix(limit)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest.isEmpty ? nil : String(rest)
  }

  private static func windows1252(_ bytes: some Sequence<UInt8>) -> String {
    var scalars = String.UnicodeScalarView()
    for byte in bytes {
      let code = (0x80...0x9f).contains(byte) ? high[Int(byte) - 0x80] : UInt32(byte)
      scalars.append(Unicode.Scalar(code) ?? "\u{fffd}")
    }
    return String(scalars)
  }

  /// Windows-1252's characters 0x80–0x9f, as the WHATWG Encoding Standard lists them.
  private static let high: [UInt32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039,
    0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc,
    0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
  ]
}
