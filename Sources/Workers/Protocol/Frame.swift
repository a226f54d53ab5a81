import Core

/// The worker protocol: frames over a `SOCK_SEQPACKET` socket pair.
///
/// One packet is one frame, so that a damaged frame can never shift the next one, and a descriptor
/// attached by `SCM_RIGHTS` belongs to exactly the frame it came with. Integers are little-endian,
/// floating-point numbers IEEE 754, text is a `u16` byte count and that many bytes of valid UTF-8.
/// A frame's length is stated twice, by the packet and in the header; both must agree, and every
/// payload must be consumed to its last byte.
///
/// | offset | bytes | header                                        |
/// | -----: | ----: | --------------------------------------------- |
/// |      0 |     4 | magic `48 4b 57 50` ("HKWP")                   |
/// |      4 |     2 | protocol version, 4                           |
/// |      6 |     2 | kind                                          |
/// |      8 |     4 | request number; 0 outside a request           |
/// |     12 |     4 | payload bytes, at most 65,520                 |
///
/// | kind         | from   | payload                                                            |
/// | ------------ | ------ | ------------------------------------------------------------------ |
/// | 1 hello      | worker | `u32` pid, text decoder, `u8` sandbox (1 seccomp, 2 Landlock), `u16` models (≤ 64) |
/// | 2 model      | worker | 32-byte id, text name, text architecture, text licence, `u8` trained (0, 1), text precision, `u32` labels (≤ 65,536), `u8` tag head (0, 1; 0 without labels); once for each model |
/// | 3 labels     | worker | `u16` count (≥ 1), texts; after its model until all labels are there |
/// | 4 directions | worker | `u16` count (1–126), `f32` biases, 128 × `f32` weights a label, all finite; after its labels, with a tag head, until each label has its direction |
/// | 5 ready      | worker | empty: every model is loaded                                       |
/// | 6 refusal    | worker | text code, text message, `u8` + text remedy, `u8` + text cause: the worker cannot start and ends |
/// | 7 analyse    | pool   | `u16` models (≤ 64), 32-byte ids, `u8` peaks wanted (0 none, 1 a recording's, 2 a query's); the open file is attached |
/// | 8 progress   | worker | `f64` seconds decoded (0–10⁹)                                      |
/// | 9 product    | worker | 32-byte model, text precision, `u8` short (0, 1), 128 × `f32` pooled, `u32` segments (≤ 16,777,216) |
/// | 10 segments  | worker | `u16` count (1–480), `f32` scales, 128 `i8` codes a segment; after its product until all are there |
/// | 11 constellation | worker | `i64` samples (≤ 2³⁵), `u32` frames (≤ 2²⁷), `u32` sounding frames (≤ 2²⁷), `u8` grids (1–2), `u32` peaks for each grid (≤ 134,217,728) |
/// | 12 peaks     | worker | `u16` count (1–8,189), for each `i32` time, `u16` frequency, `u16` rank; after the constellation, grid by grid, until all are there |
/// | 13 done      | worker | 32-byte recording, facts, metadata, text decoder                   |
/// | 14 failure   | worker | text code, text message                                            |
///
/// facts: `f64` duration (0–10⁹), `u32` rate (1–2³⁰), `u32` channels (1–65,536), `i64` frames, text
/// container, text codec, `f64` peak, `u8` + `f64` loudness, `f64` silence share, `u16` warnings (≤ 32),
/// texts.
/// metadata: title, artist, album, track, date, each `u8` + text. `u8` + X is 0, or 1 and then X.
///
/// A worker says hello, model, labels …, directions …, ready (or refusal) and then answers each
/// analyse with progress …, product, segments …, constellation, peaks …, done (or failure). It ends when
/// its socket closes.
enum Frame {
  static let magic: UInt32 = 0x5057_4b48
  static let version: UInt16 = 4
  static let headerSize = 16
  static let maximumSize = 65_536
  static let maximumPayload = maximumSize - headerSize

  static let maximumModels = 64
  static let maximumLabels = 65_536
  static let maximumWarnings = 32
  /// Most seconds that anything may say it lasts: what is reckoned with them still fits integers.
  static let maximumSeconds = 1e9
  /// Longest text that a writer sends; longer text is cut at a character's end.
  static let maximumText = 1024
  static let maximumSegments = 1 << 24
  /// Segments in one frame: 480 · 132 bytes and a count still fit.
  static let segmentsPerFrame = 480
  /// Tag directions in one frame: 126 · 516 bytes and a count still fit.
  static let directionsPerFrame = 126
  static let maximumPeaks = 1 << 27
  /// Peaks in one frame: 8,189 · 8 bytes and a count still fit.
  static let peaksPerFrame = 8_189

  enum Kind: UInt16, CaseIterable {
    case hello = 1
    case model, labels, directions, ready, refusal, analyse, progress, product, segments
    case constellation, peaks, done, failure
  }
}

/// A frame that breaks the protocol. The other side is then not to be trusted any further.
struct MalformedFrame: Error, Hashable, CustomStringConvertible {
  let what: String

  init(_ what: String) { self.what = what }

  var description: String { "malformed frame: \(what)" }
}
