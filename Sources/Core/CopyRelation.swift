/// What one recording is to another that holds the same music, from the closest relation on.
public enum CopyRelation: String, Hashable, Sendable, Codable, CaseIterable {
  /// Sample for sample the same, whatever the container: one recording.
  case sameSamples = "same samples"
  /// The same from beginning to end: another encoding, level or rate.
  case sameRecording = "same recording"
  /// The same, but for what is cut off or added at the ends.
  case trimmed = "trimmed or padded"
  /// The same at another speed or pitch.
  case spedUp = "sped up"
  /// A part of the other.
  case contained = "contained in"
  /// They have a part in common, and each has more.
  case sharing = "sharing a part"

  /// Whether the two are copies of one recording, so that one of them could stand for both.
  public var isCopy: Bool { self < .contained }
}

extension CopyRelation: Comparable {
  public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What may differ between two files of the same music.
public enum CopyDifference: String, Hashable, Sendable, Codable, CaseIterable {
  case container
  case codec
  case bitRate = "bit rate"
  case sampleRate = "sample rate"
  case channels
  /// How long they play, by more than 0.1 s.
  case length
  /// How loud they are, by more than 0.5 LU.
  case level
}
