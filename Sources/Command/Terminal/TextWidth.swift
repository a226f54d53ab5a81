/// Columns that text takes on a terminal: combining marks none, East-Asian wide characters and emoji
/// two, everything else one (Unicode Standard Annex 11, for a fixed-width font).
enum TextWidth {
  /// Columns of a whole text. Complexity: O(n).
  static func columns(_ text: String) -> Int {
    text.reduce(0) { $0 + columns($1) }
  }

  /// Columns of one character as people see it.
  static func columns(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if scalars.count == 1 { return columns(first) }
    // A variation selector or a joiner makes one picture of the whole cluster.
    if first.properties.isEmojiPresentation
      || (first.properties.isEmoji && scalars.contains { $0.value == 0xfe0f })
    {
      return 2
    }
    return scalars.reduce(0) { $0 + columns($1) }
  }

  /// `text` cut to at most `columns` with `…` at the end if anything is missing.
  static func truncateEnd(_ text: String, to columns: Int) -> String {
    guard self.columns(text) > columns else { return text }
    guard columns > 0 else { return "" }
    return prefix(of: text, columns: columns - 1) + "…"
  }

  /// `text` cut to at most `columns` with `…` in the middle, a third of what is left before it: the
  /// end of a path tells more than its beginning.
  static func truncateMiddle(_ text: String, to columns: Int) -> String {
    guard self.columns(text) > columns else { return text }
    guard columns > 0 else { return "" }
    let head = (columns - 1) / 3
    return prefix(of: text, columns: head) + "…"
      + suffix(of: text, columns: columns - 1 - head)
  }

  private static func prefix(of text: String, columns limit: Int) -> String {
    var used = 0
    return String(
      text.prefix {
        used += columns($0)
        return used <= limit
      })
  }

  private static func suffix(of text: String, columns limit: Int) -> String {
    var used = 0
    var kept: [Character] = []
    for character in text.reversed() {
      used += columns(character)
      guard used <= limit else { break }
      kept.append(character)
    }
    return String(kept.reversed())
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator,
      .paragraphSeparator:
      // The soft hyphen is of the category format and yet drawn.
      return scalar.value == 0xad ? 1 : 0
    default: break
    }
    switch scalar.value {
    // Medial vowels and final consonants join the Hangul syllable before them; two fillers.
    case 0x1160...0x11ff, 0xd7b0...0xd7fb, 0x3164, 0xffa0: return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation { return 2 }
    return isWide(scalar.value) ? 2 : 1
  }

  /// East_Asian_Width W or F, in blocks; emoji are found by their own property.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2329...0x232a, 0x2630...0x2637, 0x268a...0x268f, 0x2e80...0x303e,
    0x3041...0x3247, 0x3250...0xa4c6, 0xa960...0xa97c, 0xac00...0xd7a3, 0xf900...0xfaff,
    0xfe10...0xfe19, 0xfe30...0xfe6b, 0xff01...0xff60, 0xffe0...0xffe6, 0x1_6fe0...0x1_6ff1,
    0x1_7000...0x1_8cd5, 0x1_8d00...0x1_8d08, 0x1_aff0...0x1_b2fb, 0x1_f200...0x1_f202,
    0x1_f210...0x1_f23b, 0x1_f240...0x1_f248, 0x1_f250...0x1_f251, 0x1_f260...0x1_f265,
    0x2_0000...0x2_fffd, 0x3_0000...0x3_fffd,
  ]

  private static func isWide(_ value: UInt32) -> Bool {
    guard value >= 0x1100 else { return false }
    return wideRanges.contains { $0.contains(value) }
  }
}
