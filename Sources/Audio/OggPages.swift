import Core

/// Pages of an Ogg file (RFC 3533, section 6).
enum OggPages {
  /// Bytes of a page's head with the longest table of segments.
  private static let longestHead = 27 + 255

  /// Offset in the file of the first page of the stream that follows the one, or the several side by
  /// side, that begin at `start`; `nil` where none does, or where a page is damaged.
  ///
  /// Complexity: O(pages), each of whose heads is read.
  static func nextStream(
    in source: DescriptorSource, from start: Int64
  ) throws(AnalysisFailure) -> Int64? {
    var offset = start
    // Streams side by side begin with all their first pages.
    var isInside = false
    while true {
      let head = try source.bytes(at: offset, count: longestHead)
      guard head.count >= 27, head.starts(with: "OggS".utf8), head[4] == 0 else { return nil }
      let segments = Int(head[26])
      guard head.count >= 27 + segments else { return nil }
      let isFirst = head[5] & 2 != 0
      if isFirst, isInside { return offset }
      if !isFirst { isInside = true }
      offset += Int64(27 + segments)
      offset += head[27..<27 + segments].reduce(Int64(0)) { $0 + Int64($1) }
    }
  }
}
