import Core

// A record is one recording's constellation: what its landmarks are made of, so that they can be made
// again without the audio, and what a match is verified with. Bits are written the lowest first.
//
//   LEB128   samples, frames, sounding frames, peaks
//   LEB128   least time, least frequency, least rank (zigzag)
//   byte     bits of a frequency above the least; byte: bits of a rank above the least
//   LEB128   blocks; then for each its peaks and its bytes
//   blocks   the peaks of 1,024 frames each, aligned to a byte. A peak is
//              its time since the one before, or since the block's beginning: Exp-Golomb of order 2
//              its frequency and its rank, above the least: of fixed width
//
// The store's parameters give about 2.7 bytes a peak. Blocks let a stretch be read out of hours.

/// The coding of a ``Constellation`` in the file of records.
enum ConstellationRecord {
  /// Eighths of a frame to a block.
  private static let blockLength: Int64 = 1_024 * 8

  /// Encodes the first grid.
  static func encode(_ constellation: Constellation) -> [UInt8] {
    let peaks = constellation.grids.first ?? []
    let times = peaks.map(\.time)
    let frequencies = peaks.map(\.frequency)
    let ranks = peaks.map(\.rank)
    let base = times.min() ?? 0
    let (lowest, width) = range(frequencies)
    let (leastRank, rankWidth) = range(ranks)
    var writer = BitWriter()
    for value in [
      constellation.samples, constellation.frames, constellation.soundingFrames, peaks.count,
    ] { writer.writeVariable(UInt64(max(0, value))) }
    for value in [base, lowest, leastRank] { writer.writeVariable(ZigZag.encode(value)) }
    writer.write(UInt32(width), 8)
    writer.write(UInt32(rankWidth), 8)
    let blocks = blocks(of: peaks, base: base)
    var body: [UInt8] = []
    writer.writeVariable(UInt64(blocks.count))
    var block = BitWriter()
    for (number, range) in blocks.enumerated() {
      block.removeAll()
      var time = Int64(base) + Int64(number) * blockLength
      for peak in peaks[range] {
        block.writeGolomb(UInt32(truncatingIfNeeded: Int64(peak.time) - time), order: 2)
        block.write(UInt32(truncatingIfNeeded: Int64(peak.frequency) - Int64(lowest)), width)
        block.write(UInt32(truncatingIfNeeded: Int64(peak.rank) - Int64(leastRank)), rankWidth)
        time = Int64(peak.time)
      }
      block.align()
      writer.writeVariable(UInt64(range.count))
      writer.writeVariable(UInt64(block.bytes.count))
      body += block.bytes
    }
    return writer.bytes + body
  }

  /// The least value, and the bits that the others take above it.
  private static func range(_ values: [Int32]) -> (least: Int32, width: Int) {
    guard let least = values.min(), let greatest = values.max() else { return (0, 0) }
    return (least, Int64.bitWidth - (Int64(greatest) - Int64(least)).leadingZeroBitCount)
  }

  /// Ranges of peaks, which are in order of time.
  private static func blocks(of peaks: [Peak], base: Int32) -> [Range<Int>] {
    guard let last = peaks.last else { return [] }
    var blocks: [Range<Int>] = []
    var start = 0
    for number in 0...(Int64(last.time) - Int64(base)) / blockLength {
      let limit = Int64(base) + (number + 1) * blockLength
      var end = start
      while end < peaks.count, Int64(peaks[end].time) < limit { end += 1 }
      blocks.append(start..<end)
      start = end
    }
    return blocks
  }

  /// Decodes a record whose checksum is right; nil if it is no record all the same.
  ///
  /// - Parameters:
  ///   - bytes: eight readable bytes must follow them.
  ///   - stretch: in eighths of a frame; peaks outside it may be left out.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, stretch: ClosedRange<Int32>? = nil
  ) -> Constellation? {
    var reader = BitReader(bytes)
    let (samples, frames, sounding, count) = (
      Int(truncatingIfNeeded: reader.readVariable()),
      Int(truncatingIfNeeded: reader.readVariable()),
      Int(truncatingIfNeeded: reader.readVariable()),
      Int(truncatingIfNeeded: reader.readVariable())
    )
    let base = ZigZag.decode(reader.readVariable())
    let lowest = ZigZag.decode(reader.readVariable())
    let leastRank = ZigZag.decode(reader.readVariable())
    let (width, rankWidth) = (Int(reader.read(8)), Int(reader.read(8)))
    let blocks = Int(truncatingIfNeeded: reader.readVariable())
    // Every block has a count and a length, and every peak takes three bits at least.
    guard !reader.isPastEnd, width <= 32, rankWidth <= 32, (0...bytes.count).contains(blocks),
      (0...bytes.count * 8).contains(count)
    else { return nil }
    var body = reader
    for _ in 0..<blocks * 2 { _ = body.readVariable() }
    guard !body.isPastEnd else { return nil }
    var peaks: [Peak] = []
    if stretch == nil { peaks.reserveCapacity(count) }
    var place = body.position / 8
    for number in 0..<Int64(blocks) {
      let blockCount = Int(truncatingIfNeeded: reader.readVariable())
      let length = Int(truncatingIfNeeded: reader.readVariable())
      guard length >= 0, place + length <= bytes.count, (0...length * 8).contains(blockCount)
      else { return nil }
      let start = Int64(base) + number * blockLength
      if stretch.map({ start <= Int64($0.upperBound) && start + blockLength > Int64($0.lowerBound) }
      )
        ?? true
      {
        var block = BitReader(bytes, from: place)
        var time = Int32(truncatingIfNeeded: start)
        for _ in 0..<blockCount {
          time &+= Int32(bitPattern: block.readGolomb(order: 2))
          peaks.append(
            Peak(
              time: time, frequency: lowest &+ Int32(bitPattern: block.read(width)),
              rank: leastRank &+ Int32(bitPattern: block.read(rankWidth))))
        }
        guard block.position <= (place + length) * 8 else { return nil }
      }
      place += length
    }
    guard stretch != nil || peaks.count == count else { return nil }
    let constellation = Constellation(
      grids: [peaks], samples: samples, frames: frames, soundingFrames: sounding)
    return constellation.isPlausible ? constellation : nil
  }
}
