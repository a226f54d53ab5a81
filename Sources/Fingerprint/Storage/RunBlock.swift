/// The postings of 32 neighbouring keys, as a run holds them. See `LandmarkFile.swift`.
enum RunBlock {
  static let keyBits: UInt32 = 5
  static let keys = 1 << Int(keyBits)
  static let blocks = Landmark.keys / keys

  /// The keys of the blocks that are marked, in order.
  static func keys(of occupied: [Bool]) -> [UInt32] {
    var found: [UInt32] = []
    for block in 0..<blocks where occupied[block] {
      for i in 0..<keys { found.append(UInt32(block * keys + i)) }
    }
    return found
  }

  /// Low bits of each of `count` frames below `frames`.
  @inline(__always)
  static func lowBits(_ count: Int, _ frames: Int) -> Int {
    let quotient = frames / count
    return quotient > 1 ? Int.bitWidth - 1 - quotient.leadingZeroBitCount : 0
  }

  /// Bits that `count` frames take.
  @inline(__always)
  static func bits(_ count: Int, _ frames: Int) -> Int {
    guard count > 0 else { return 0 }
    let low = lowBits(count, frames)
    return count * low + count + frames >> low + 1
  }

  /// Encodes a block.
  /// - Parameter postings: of each key, frames below `frames`, in rising order.
  static func encode(_ postings: [[UInt32]], frames: Int, into writer: inout BitWriter) {
    writer.removeAll()
    let most = postings.reduce(0) { max($0, $1.count) }
    guard most > 0 else { return }
    let width = Int.bitWidth - most.leadingZeroBitCount
    writer.write(UInt32(width), 8)
    for list in postings { writer.write(UInt32(list.count), width) }
    for list in postings where !list.isEmpty {
      let low = lowBits(list.count, frames)
      for frame in list { writer.write(frame, low) }
      var next = 0
      for (i, frame) in list.enumerated() {
        let place = Int(frame) >> low + i
        while next < place {
          let zeros = min(32, place - next)
          writer.write(0, zeros)
          next += zeros
        }
        writer.write(1, 1)
        next += 1
      }
      var rest = list.count + frames >> low + 1 - next
      while rest > 0 {
        writer.write(0, min(32, rest))
        rest -= 32
      }
    }
    writer.align()
  }

  /// Appends `count` frames that begin at a bit to `found`, each moved by `base`.
  ///
  /// Reads within the bits that ``bits(_:_:)`` says and seven bytes behind them; frames of damaged
  /// bytes are below `frames` or left out.
  @inline(__always)
  static func decode(
    _ bytes: UnsafeRawPointer, bit: Int, count: Int, frames: Int, base: UInt32,
    into found: inout [UInt32]
  ) {
    let low = lowBits(count, frames)
    let mask: UInt64 = (1 &<< UInt64(low)) &- 1
    let highStart = bit + count * low
    let highEnd = highStart + count + frames >> low + 1
    var i = 0
    var lowBit = bit
    var chunk = highStart
    // 56 bits at a time: so many are in a word whatever bit it begins at.
    while i < count, chunk < highEnd {
      var word =
        bytes.loadUnaligned(fromByteOffset: chunk >> 3, as: UInt64.self) &>> UInt64(chunk & 7)
      word &= (1 &<< 56) &- 1
      while word != 0, i < count {
        let high = chunk &- highStart &+ word.trailingZeroBitCount &- i
        word &= word &- 1
        let rest =
          bytes.loadUnaligned(fromByteOffset: lowBit >> 3, as: UInt64.self)
          &>> UInt64(lowBit & 7) & mask
        let frame = high &<< low | Int(truncatingIfNeeded: rest)
        if frame < frames { found.append(base &+ UInt32(truncatingIfNeeded: frame)) }
        i &+= 1
        lowBit &+= low
      }
      chunk += 56
    }
  }
}
