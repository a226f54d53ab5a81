import SystemPackage

/// A path is bytes. These are the only ways in which Hark turns one into something else.
extension FilePath {
  /// A path of exactly these bytes; anything from the first NUL on is dropped, as the kernel would.
  public init(bytes: some Sequence<UInt8>) {
    var units = bytes.prefix { $0 != 0 }.map { CInterop.PlatformChar(bitPattern: $0) }
    units.append(0)
    self = units.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return FilePath() }
      return FilePath(platformString: base)
    }
  }

  /// The path's bytes, without a terminating NUL.
  public var bytes: [UInt8] {
    withPlatformString { pointer in
      Array(UnsafeRawBufferPointer(start: pointer, count: length))
    }
  }

  /// The path as text if it is valid UTF-8.
  public var utf8Text: String? { String(validating: bytes, as: UTF8.self) }

  /// The path as one line of text that people can read: control characters and bytes that are not
  /// UTF-8 appear as `\n`, `\t`, `\x1b`, `\xff`; a backslash appears as `\\`.
  public var escaped: String {
    var text = ""
    var rest = bytes[...]
    while let byte = rest.first {
      let (scalar, length) = UTF8Text.firstScalar(of: rest)
      if let scalar {
        text += Self.escape(scalar)
      } else {
        text += "\\x" + Hexadecimal.encode([byte])
      }
      rest = rest.dropFirst(length)
    }
    return text
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\\": return "\\\\"
    default:
      let isControl = scalar.properties.generalCategory == .control
      // Direction overrides could make one name look like another. The joiner only joins emoji.
      let isFormat = scalar.properties.generalCategory == .format && scalar != "\u{200d}"
      guard isControl || isFormat else { return String(scalar) }
      return Array(String(scalar).utf8).map { "\\x" + Hexadecimal.encode([$0]) }.joined()
    }
  }

  /// Whether this path is `directory` or lies anywhere below it. Bytes are compared; both should be
  /// absolute and lexically normal.
  public func isAtOrBelow(_ directory: FilePath) -> Bool {
    // Every path starts with the empty one, which is no directory.
    !directory.isEmpty && starts(with: directory)
  }
}
