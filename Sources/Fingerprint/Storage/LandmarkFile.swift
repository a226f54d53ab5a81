import Core
import MappedFiles
import SystemPackage

// Two kinds of file hold what fingerprinting knows of a library. Each begins with a ``HeaderPage``
// (magic "HARKLAND", format version 1); numbers are little-endian.
//
//   landmarks-<parameters>-<generation>.hark: records
//     header at 12: kind 1; at 16: version of the parameters; at 24 (8 bytes): generation
//     4096: records, one a recording, one behind the other (``ConstellationRecord``). The catalogue
//           says where each lies, and its CRC-32C.
//
//   landmarks-<parameters>-run-<number>.hark: a sorted run, derived from records
//     header at 12: kind 2; at 16: version of the parameters; at 24 (8 bytes): number
//     4096: summary, 64 bytes
//             0  8  recordings          8  8  landmarks         16  8  frames on the line
//            24  8  bytes of postings  32  8  keys that occur   40  4  CRC-32C of the tables
//            44  4  CRC-32C of the postings                     48 12  zero
//            60  4  CRC-32C of the 60 bytes before
//     4160: tables
//           recordings, 24 bytes each: key (8), first frame on the line, frames, its record's length,
//           its record's CRC-32C (4 each)
//           directory, 65,537 × 4 bytes: where each block of postings begins
//     then: postings, a block for 32 neighbouring keys (all pairs of the same two bins); a block in
//           which no key occurs takes no byte. Bits, the lowest first:
//             8 bits: w; 32 × w bits: how often each key occurs
//             for each key that does, the frames on the line at which it does, by Elias and Fano
//             (Elias, 1974; Vigna, WSDM 2013): with n of them below u, l = ⌊log₂(u / n)⌋,
//               n × l bits: the low bits of each
//               n + (u >> l) + 1 bits: bit (frame >> l) + i is set for the i-th
//           then 8 zero bytes, so that words may be read to the end
//
// The recordings of a run lie one behind the other on one line of frames, so that a posting is one
// number. A run names its recordings' records by checksum and length, not by place: so compaction of
// the records leaves runs as they are, and a recording of a run counts exactly where the catalogue
// refers to that record. Hence no tombstone is ever written, and nothing refers to a run: one that is
// missing or damaged is made anew. Postings cost some 2 bits more than their entropy, and are read at
// a few nanoseconds each without touching the others.

/// Which file, by its name.
enum LandmarkFile: Hashable, Sendable {
  case records(generation: Int)
  case run(number: Int)

  static let version: UInt32 = 1

  func name(_ parameters: FingerprintParameters) -> String {
    switch self {
    case .records(let generation): "landmarks-\(parameters.version)-\(generation).hark"
    case .run(let number): "landmarks-\(parameters.version)-run-\(number).hark"
    }
  }

  func header(_ parameters: FingerprintParameters) -> HeaderPage {
    var page = HeaderPage(magic: "HARKLAND", version: Self.version)
    page.set(UInt32(parameters.version), at: 16)
    switch self {
    case .records(let generation):
      page.set(UInt32(1), at: 12)
      page.set(UInt64(generation), at: 24)
    case .run(let number):
      page.set(UInt32(2), at: 12)
      page.set(UInt64(number), at: 24)
    }
    return page
  }

  /// The file that a name is of, and its parameters' version; half-made ones are no files.
  static func parse(_ name: String) -> (parameters: Int, file: LandmarkFile)? {
    guard name.hasPrefix("landmarks-"), name.hasSuffix(".hark") else { return nil }
    let parts = name.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 4 && parts[2] == "run", let version = Int(parts[1]),
      let number = parts.last.flatMap({ Int($0) }), version >= 0, number >= 0
    else { return nil }
    return (version, parts.count == 3 ? .records(generation: number) : .run(number: number))
  }

  /// What to do about records that are not what they were.
  static let remedy =
    "run `harkd --repair`: what is damaged is then made anew"
}

/// A recording as a run or a tail knows it.
struct RunRecording: Hashable, Sendable {
  static let byteCount = 24

  var key: RecordingKey
  /// Its first frame on the line.
  var first: UInt32
  var frames: UInt32
  /// Of its record.
  var length: UInt32
  var checksum: UInt32

  /// Whether the catalogue's range is of the record that the landmarks were made of.
  func isMade(of range: LandmarkRange) -> Bool {
    range.checksum == checksum && range.length == Int(length)
  }
}
