/// Reading bytes that may or may not be UTF-8 (RFC 3629), scalar by scalar.
enum UTF8Text {
  /// The scalar at the front and its length in bytes; one byte and no scalar where there is none.
  static func firstScalar(of bytes: ArraySlice<UInt8>) -> (Unicode.Scalar?, Int) {
    guard let lead = bytes.first else { return (nil, 0) }
    let length =
      switch lead {
      case 0x00..<0x80: 1
      case 0xc2..<0xe0: 2
      case 0xe0..<0xf0: 3
      case 0xf0..<0xf5: 4
      default: 0
      }
    guard length > 0, let text = String(validating: bytes.prefix(length), as: UTF8.self),
      let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1
    else { return (nil, 1) }
    return (scalar, length)
  }
}
