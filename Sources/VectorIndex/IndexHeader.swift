import Core
import SystemPackage

// An index file is one header page and rows of one size, without gaps. Numbers are little-endian.
//
//   offset  bytes  header page (4096 bytes, written once)
//        0      8  magic "HARKROWS"
//        8      4  format version: 1
//       12      4  kind: 1 recordings, 2 segments, 3 sketches
//       16      4  dimension: 128
//       20      4  element type: 1 binary32; 2 signed 8-bit code with a binary32 scale a row; 3 signed
//                  8-bit code with a distance and a checksum a row
//       24      4  bytes a row: 512, 132 or 136
//       28      4  zero
//       32     32  SHA-256 of the model
//       64      8  generation
//       72   4020  zero
//     4092      4  CRC-32C of the 4092 bytes before
//     4096         row 0, row 1, …
//
//   offset  bytes  row of recordings
//        0    512  128 × binary32: the pooled embedding
//
//   offset  bytes  row of segments
//        0    128  128 × signed 8-bit code
//      128      4  binary32: the scale; value ≈ code · scale
//
//   offset  bytes  row of sketches: derived from the row of recordings with the same number
//        0    128  128 × signed 8-bit code: the embedding divided by a 127th of its largest value
//      128      4  binary32: the distance between embedding and codes, both scaled to length 1
//      132      4  CRC-32C of the 132 bytes before, going on from the CRC-32C of the row of recordings
//
// A scan needs codes alone (the scale cancels in a cosine), but a row of 132 bytes is appended with
// one write and read with one pass, and costs the scan 3 % more memory traffic than codes apart.
// Magic, version and the page's CRC keep their places in every version, so that a newer file can be
// told from a damaged one. Which rows count, and their CRC-32C, is written in the catalogue.

/// Which of the files of a model.
enum RowKind: UInt32, CaseIterable, Sendable {
  case recordings = 1
  case segments = 2
  case sketches = 3

  /// The kinds whose rows the catalogue refers to; the others are derived from them.
  static let stored: [RowKind] = [.recordings, .segments]

  var bytesPerRow: Int {
    switch self {
    case .recordings: Embedding.dimension * MemoryLayout<Float>.size
    case .segments: Embedding.dimension + MemoryLayout<Float>.size
    case .sketches: Embedding.dimension + MemoryLayout<Float>.size + MemoryLayout<UInt32>.size
    }
  }

  var elementType: UInt32 { rawValue }

  /// First part of a file's name, as the state directory has it.
  var name: String {
    switch self {
    case .recordings: "recordings"
    case .segments: "segments"
    case .sketches: "sketches"
    }
  }
}

/// The header page's meaning.
struct IndexHeader: Hashable, Sendable {
  static let byteCount = 4096
  static let version: UInt32 = 1
  private static let magic = Array("HARKROWS".utf8)
  private static let checksumOffset = byteCount - 4

  var kind: RowKind
  var model: ModelID
  var generation: Int

  /// `recordings-0123456789ab-1.hark`
  var fileName: String { "\(kind.name)-\(model.short)-\(generation).hark" }

  /// The page as it is written.
  func encoded(_ kernels: Kernels) -> [UInt8] {
    var page = [UInt8](repeating: 0, count: Self.byteCount)
    page.replaceSubrange(0..<8, with: Self.magic)
    page.set(Self.version, at: 8)
    page.set(kind.rawValue, at: 12)
    page.set(UInt32(Embedding.dimension), at: 16)
    page.set(kind.elementType, at: 20)
    page.set(UInt32(kind.bytesPerRow), at: 24)
    page.replaceSubrange(32..<64, with: model.hash.bytes)
    page.set(UInt64(generation), at: 64)
    page.set(kernels.crc32c(page[..<Self.checksumOffset]), at: Self.checksumOffset)
    return page
  }

  /// Throws `corrupt` unless `page` is exactly this header, and `newerVersion` if it is sound but of
  /// a version that is not known here.
  func check(_ page: [UInt8], path: FilePath, kernels: Kernels) throws(HarkError) {
    guard page.count == Self.byteCount, page.starts(with: Self.magic),
      page.word(at: Self.checksumOffset) == kernels.crc32c(page[..<Self.checksumOffset])
    else {
      throw HarkError(
        .corrupt, "the index file \(path.escaped) has a damaged header",
        remedy: "move the state directory away: the folders are then analysed anew")
    }
    let version = page.word(at: 8)
    guard version <= Self.version else {
      throw HarkError(
        .newerVersion, "the index file \(path.escaped) has format version \(version)",
        remedy: "this Hark reads up to version \(Self.version): use the newer Hark")
    }
    guard page == encoded(kernels) else {
      throw HarkError(
        .corrupt, "the index file \(path.escaped) is not what its name says",
        remedy: "move the state directory away: the folders are then analysed anew",
        cause: "its header names another kind, model or generation")
    }
  }
}

extension [UInt8] {
  fileprivate mutating func set<Word: FixedWidthInteger>(_ value: Word, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) {
      replaceSubrange(offset..<offset + $0.count, with: $0)
    }
  }

  fileprivate func word(at offset: Int) -> UInt32 {
    self[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
