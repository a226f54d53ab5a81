import Core

/// The four-byte header of an MPEG audio frame, read only as far as is needed to tell MPEG audio
/// from anything else that happens to begin with eleven ones (ISO/IEC 11172-3, 13818-3).
struct MPEGFrame: Equatable {
  /// Bits that stay the same from frame to frame: sync, version, layer and rate.
  var signature: UInt32
  /// Whole length of the frame in bytes, or `nil` for the free format, which does not say.
  var length: Int?

  private static let bitRates: [[Int]] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],  // version 1, layer I
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],  // version 1, layer II
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],  // version 1, layer III
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],  // version 2, layer I
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],  // version 2, layers II, III
  ]

  /// `nil` unless the four bytes are a possible header.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 4 else { return nil }
    let header = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let version = (header >> 19) & 3
    let layer = 4 - Int((header >> 17) & 3)
    let bitRateIndex = Int((header >> 12) & 15)
    let rateIndex = Int((header >> 10) & 3)
    guard header >> 21 == 0x7ff, version != 1, layer < 4, bitRateIndex < 15, rateIndex < 3 else {
      return nil
    }
    signature = header & 0xfffe_0c00
    guard bitRateIndex > 0 else { return }
    let isVersion1 = version == 3
    let rate = [44_100, 48_000, 32_000][rateIndex] >> (isVersion1 ? 0 : version == 2 ? 1 : 2)
    let table = isVersion1 ? layer - 1 : min(layer, 2) + 2
    let bitRate = Self.bitRates[table][bitRateIndex] * 1000
    let padding = Int((header >> 9) & 1)
    if layer == 1 {
      length = (12 * bitRate / rate + padding) * 4
    } else {
      let samples = layer == 3 && !isVersion1 ? 72 : 144
      length = samples * bitRate / rate + padding
    }
  }

  /// Offset of the first of several frames that follow each other, looked for from the start of
  /// `bytes` to `limit`.
  ///
  /// Three in a row are asked for, or as many as there are up to the end of the file, provided
  /// that the last ends there: random bytes pass with a chance of about 2⁻⁴⁰ an offset.
  ///
  /// - Parameter isWhole: whether `bytes` reach to the end of the file.
  static func firstFrame(in bytes: [UInt8], limit: Int, isWhole: Bool) -> Int? {
    for start in 0..<max(0, min(limit, bytes.count - 3)) where bytes[start] == 0xff {
      if isRun(at: start, in: bytes, isWhole: isWhole) { return start }
    }
    return nil
  }

  /// Offset in the file of the first of several frames at `offset` or behind; `nil` for none.
  /// Complexity: O(rest of the file).
  static func nextFrame(
    in source: DescriptorSource, from offset: Int64
  ) throws(AnalysisFailure) -> Int64? {
    // Windows overlap by more than three frames of the longest kind.
    let (window, overlap) = (128 << 10, 16 << 10)
    var offset = offset
    while offset < source.stamp.size {
      let bytes = try source.bytes(at: offset, count: window)
      let isWhole = offset + Int64(bytes.count) == source.stamp.size
      let limit = isWhole ? bytes.count : window - overlap
      if let first = firstFrame(in: bytes, limit: limit, isWhole: isWhole) {
        return offset + Int64(first)
      }
      offset += Int64(limit)
    }
    return nil
  }

  private static func isRun(at start: Int, in bytes: [UInt8], isWhole: Bool) -> Bool {
    guard let first = MPEGFrame(bytes[start...]) else { return false }
    var offset = start
    for count in 0..<3 {
      if isWhole, count > 0, offset == bytes.count || isTag(bytes[min(offset, bytes.count)...]) {
        return true
      }
      guard offset < bytes.count, let frame = MPEGFrame(bytes[offset...]),
        frame.signature == first.signature
      else { return false }
      // A free-format frame does not tell its length: look for its successor.
      offset += frame.length ?? freeLength(of: frame, at: offset, in: bytes) ?? bytes.count + 1
    }
    return true
  }

  private static func freeLength(of frame: MPEGFrame, at offset: Int, in bytes: [UInt8]) -> Int? {
    let last = min(offset + 4096, bytes.count - 4)
    guard offset + 24 < last else { return nil }
    return (offset + 24..<last).first { MPEGFrame(bytes[$0...]) == frame }.map { $0 - offset }
  }

  private static func isTag(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.starts(with: "TAG".utf8) || bytes.starts(with: "APETAGEX".utf8)
      || bytes.starts(with: "LYRICSBEGIN".utf8)
  }
}
