/// Where a recording's constellation lies in the store of landmarks: the value by which the catalogue
/// refers to it.
///
/// It names its generation but not its file; only the room Fingerprint knows what to do with it.
public struct LandmarkRange: Hashable, Sendable, Codable {
  /// The generation of the file of records.
  public var generation: Int
  /// The record's first byte in that file.
  public var offset: Int
  /// Bytes of the record.
  public var length: Int
  /// CRC-32C of those bytes.
  public var checksum: UInt32

  public init(generation: Int, offset: Int, length: Int, checksum: UInt32) {
    self.generation = generation
    self.offset = offset
    self.length = length
    self.checksum = checksum
  }

  /// The first byte after the record.
  public var end: Int { offset + length }
}
