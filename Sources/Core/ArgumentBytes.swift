import SystemPackage

/// Arguments are bytes, ArgumentParser wants text: the reversible way between the two.
///
/// Valid UTF-8 stays as it is. Each other byte `b` becomes the private-use scalar U+10FE00 + `b`, and
/// so do the bytes of those scalars themselves where an argument really contains them; so every
/// sequence of bytes comes back unchanged (the idea of Python's PEP 383, which Swift's text cannot
/// follow to the letter because it has no lone surrogates).
public enum ArgumentBytes {
  private static let base: UInt32 = 0x10_fe00
  private static let standIns: ClosedRange<UInt32> = base + 0x80...base + 0xff

  /// The program's own arguments, without its name.
  public static func ofThisProgram() -> [String] {
    let count = Int(CommandLine.argc)
    guard count > 1 else { return [] }
    return (1..<count).compactMap { index in
      guard let argument = CommandLine.unsafeArgv[index] else { return nil }
      var bytes: [UInt8] = []
      var position = 0
      while argument[position] != 0 {
        bytes.append(UInt8(bitPattern: argument[position]))
        position += 1
      }
      return text(bytes)
    }
  }

  /// Text that ``bytes(of:)`` turns back into exactly `bytes`. Complexity: O(n).
  public static func text(_ bytes: [UInt8]) -> String {
    var scalars = String.UnicodeScalarView()
    var rest = bytes[...]
    while !rest.isEmpty {
      let (scalar, length) = UTF8Text.firstScalar(of: rest)
      if let scalar, !standIns.contains(scalar.value) {
        scalars.append(scalar)
      } else {
        for byte in rest.prefix(length) { scalars.append(standIn(for: byte)) }
      }
      rest = rest.dropFirst(length)
    }
    return String(scalars)
  }

  /// The bytes that `text` stands for. Complexity: O(n).
  public static func bytes(of text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if standIns.contains(scalar.value) {
        bytes.append(UInt8(scalar.value - base))
      } else {
        bytes.append(contentsOf: String(scalar).utf8)
      }
    }
    return bytes
  }

  /// The path that `text` stands for. Complexity: O(n).
  public static func path(of text: String) -> FilePath { FilePath(bytes: bytes(of: text)) }

  /// Text for people: the stand-ins appear as `\xff`, everything else as it is.
  public static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { standIns.contains($0.value) }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if standIns.contains(scalar.value) {
        result += "\\x" + String(scalar.value - base, radix: 16)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func standIn(for byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(base + UInt32(byte)) ?? Unicode.Scalar(byte)
  }
}
