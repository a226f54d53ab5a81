import Core
import MappedFiles

// An index file is one header page and rows of one size, without gaps. Numbers are little-endian.
//
//   offset  bytes  header page (4096 bytes, written once)
//        0      8  magic "HARKROWS"
//        8      4  format version: 1
//       12      4  kind: 1 recordings, 2 segments, 3 sketches, 4 segments' sketches
//       16      4  dimension: 128
//       20      4  element type: 1 binary32; 2 signed 8-bit code with a binary32 scale a row; 4 two
//                  planes of 4 bits in chunks (3 was a signed 8-bit code with a distance and a
//                  checksum); 5 one plane of 4 bits in chunks
//       24      4  bytes a row: 512, 132, 544768 or 282624
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
//   offset  bytes  row of sketches: a chunk, derived from 4096 rows of recordings
//        0 278528  256 blocks of 1088 bytes: 16 first planes, steps and distances (`CKernels.h`)
//   278528 262144  4096 × 64 bytes: second planes (``SketchBlock``)
//   540672   1024  256 × CRC-32C of the CRC-32Cs of 16 rows of recordings, their block and their second
//                  planes; 0 for a block that is not yet there
//   541696   3072  zero
//
//   offset  bytes  row of segments' sketches: a chunk, derived from 4096 rows of segments
//        0 278528  256 blocks of 1088 bytes, as above
//   278528   1024  256 × CRC-32C of what the rows are (``Snapshot/origin(_:of:)``) and their block; 0
//                  for a block that is not yet there
//   279552   3072  zero
//
// A scan needs codes alone (the scale cancels in a cosine), but a row of 132 bytes is appended with
// one write and read with one pass, and costs the scan 3 % more memory traffic than codes apart.
// The page is a ``HeaderPage``. Which rows count, and their CRC-32C, is written in the catalogue.

/// Which of the files of a model.
enum RowKind: UInt32, CaseIterable, Sendable {
  case recordings = 1
  case segments = 2
  case sketches = 3
  case segmentSketches = 4

  /// The kinds whose rows the catalogue refers to; the others are derived from them.
  static let stored: [RowKind] = [.recordings, .segments]

  var bytesPerRow: Int {
    switch self {
    case .recordings: Embedding.dimension * MemoryLayout<Float>.size
    case .segments: Embedding.dimension + MemoryLayout<Float>.size
    case .sketches: SketchLayout.recordings.bytesPerChunk
    case .segmentSketches: SketchLayout.segments.bytesPerChunk
    }
  }

  var elementType: UInt32 {
    switch self {
    case .recordings: 1
    case .segments: 2
    case .sketches: 4
    case .segmentSketches: 5
    }
  }

  /// First part of a file's name, as the state directory has it.
  var name: String {
    switch self {
    case .recordings: "recordings"
    case .segments: "segments"
    case .sketches: "sketches"
    case .segmentSketches: "segment-sketches"
    }
  }
}

/// The header page's meaning.
struct IndexHeader: Hashable, Sendable {
  private static let version: UInt32 = 1

  /// What to do about a header that is damaged or another file's.
  static let remedy = "run `harkd --repair`: what is damaged is then made anew"

  var kind: RowKind
  var model: ModelID
  var generation: Int

  /// `recordings-0123456789ab-1.hark`
  var fileName: String { "\(kind.name)-\(model.short)-\(generation).hark" }

  /// The page as it is written.
  var page: HeaderPage {
    var page = HeaderPage(magic: "HARKROWS", version: Self.version)
    page.set(kind.rawValue, at: 12)
    page.set(UInt32(Embedding.dimension), at: 16)
    page.set(kind.elementType, at: 20)
    page.set(UInt32(kind.bytesPerRow), at: 24)
    page.set(model.hash.bytes, at: 32)
    page.set(UInt64(generation), at: 64)
    return page
  }
}
