/// A recording's identity: the SHA-256 over its sample rate, channel count and decoded frames as
/// little-endian float32 (`RecordingHasher` in the room Audio mints it).
///
/// Retagging a file or rewriting its container leaves it alone. It is minted once and never
/// recomputed for an unchanged file, because lossy decoders give other samples on other versions.
public struct RecordingID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The digest itself.
  public let hash: ContentHash

  public init(_ hash: ContentHash) { self.hash = hash }

  /// Parses 64 hexadecimal digits; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    guard let hash = ContentHash(hex: text) else { return nil }
    self.hash = hash
  }

  /// 64 lowercase hexadecimal digits.
  public var description: String { hash.description }

  public static func < (a: Self, b: Self) -> Bool { a.hash < b.hash }
}

/// A model's identity: the SHA-256 of its safetensors file.
public struct ModelID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The digest itself.
  public let hash: ContentHash

  public init(_ hash: ContentHash) { self.hash = hash }

  /// Parses 64 hexadecimal digits; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    guard let hash = ContentHash(hex: text) else { return nil }
    self.hash = hash
  }

  /// 64 lowercase hexadecimal digits.
  public var description: String { hash.description }

  /// The first 12 digits: enough for people and file names.
  public var short: String { String(description.prefix(12)) }

  public static func < (a: Self, b: Self) -> Bool { a.hash < b.hash }
}

/// The catalogue's small stand-in for a ``RecordingID``, valid within one state directory.
///
/// Indexes store eight bytes a recording instead of 32.
public struct RecordingKey: Hashable, Sendable, Comparable {
  /// The catalogue's primary key: positive, never reused.
  public let rawValue: Int64

  public init(_ rawValue: Int64) { self.rawValue = rawValue }

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
