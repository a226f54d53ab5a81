import Core
import MappedFiles

/// Where an index finds its recordings' constellations.
enum Records: Sendable {
  /// Of the keys 1, 2, 3, …
  case memory([Constellation])
  case stored(DataFile, RecordingTable<LandmarkRange>)

  /// A recording's constellation; nil for one that is not here. Throws `corrupt` if its bytes are not
  /// what was appended, and what the system says.
  func constellation(of key: RecordingKey) throws(HarkError) -> Constellation? {
    switch self {
    case .memory(let recordings):
      let place = Int(key.rawValue) - 1
      return recordings.indices.contains(place) ? recordings[place] : nil
    case .stored(let file, let ranges):
      guard let range = ranges[key] else { return nil }
      return try file.constellation(at: range, of: key)
    }
  }
}

extension DataFile {
  /// The record in a range, once its checksum proved right. Read, not mapped: a file that shrinks is
  /// an error here and no signal.
  func constellation(
    at range: LandmarkRange, of key: RecordingKey
  ) throws(HarkError) -> Constellation {
    let bytes = try record(at: range, of: key)
    let constellation = bytes.withUnsafeBytes {
      ConstellationRecord.decode(UnsafeRawBufferPointer(rebasing: $0[..<range.length]))
    }
    guard let constellation else { throw damaged(key) }
    return constellation
  }

  /// The bytes of a record, and eight zeros behind them.
  func record(at range: LandmarkRange, of key: RecordingKey) throws(HarkError) -> [UInt8] {
    // A catalogue that is damaged may say anything.
    let end = try self.length()
    guard (0..<end).contains(range.offset), (1...end - range.offset).contains(range.length) else {
      throw damaged(key)
    }
    var bytes = try read(at: range.offset, count: range.length)
    guard bytes.count == range.length, Checksum.crc32c(bytes[...]) == range.checksum else {
      throw damaged(key)
    }
    bytes += [UInt8](repeating: 0, count: 8)
    return bytes
  }

  private func damaged(_ key: RecordingKey) -> HarkError {
    HarkError(
      .corrupt, "the landmarks of recording \(key.rawValue) in \(path.escaped) are damaged",
      remedy: "say `hark forget` for its files: they are analysed again")
  }
}
