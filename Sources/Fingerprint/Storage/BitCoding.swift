/// Writes numbers of any width, the lowest bit first, into bytes.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var pendingCount = 0

  /// Appends the `count` lowest bits of `value`, 32 at most.
  mutating func write(_ value: UInt32, _ count: Int) {
    guard count > 0 else { return }
    pending |= UInt64(value & (~0 >> UInt32(32 - count))) << UInt64(pendingCount)
    pendingCount += count
    while pendingCount >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      pendingCount -= 8
    }
  }

  /// Appends a number in the Exponential-Golomb code of an order (Teuhola, 1978): short for small
  /// numbers, bounded for all.
  mutating func writeGolomb(_ value: UInt32, order: Int) {
    let shifted = UInt64(value) + 1 << UInt64(order)
    let bits = 64 - shifted.leadingZeroBitCount
    for _ in order + 1..<bits { write(0, 1) }
    write(1, 1)
    let rest = shifted & ((1 << UInt64(bits - 1)) - 1)
    write(UInt32(truncatingIfNeeded: rest), min(32, bits - 1))
    if bits - 1 > 32 { write(UInt32(rest >> 32), bits - 33) }
  }

  /// Fills the last byte with zeros.
  mutating func align() { if pendingCount > 0 { write(0, 8 - pendingCount) } }

  /// Appends a number in base 128, the lowest digits first (LEB128). Aligned.
  mutating func writeVariable(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      write(UInt32(value & 0x7f | 0x80), 8)
      value >>= 7
    }
    write(UInt32(value), 8)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    (pending, pendingCount) = (0, 0)
  }
}

/// Reads what ``BitWriter`` wrote. Past the end it reads zeros and says so, whatever the bytes are.
struct BitReader {
  private let base: UnsafeRawPointer
  private let end: Int
  /// In bits.
  private(set) var position: Int

  /// - Parameter bytes: eight readable bytes must follow them.
  init(_ bytes: UnsafeRawBufferPointer, from byte: Int = 0) {
    base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
    end = bytes.count * 8
    position = byte * 8
  }

  /// Whether more was read than there is.
  var isPastEnd: Bool { position > end }

  @inline(__always)
  private func peek() -> UInt64 {
    guard position < end else { return 0 }
    return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self))
      &>> UInt64(position & 7)
  }

  /// The next `count` bits, 32 at most.
  @inline(__always)
  mutating func read(_ count: Int) -> UInt32 {
    let value = UInt32(truncatingIfNeeded: peek() & ((1 &<< UInt64(count)) &- 1))
    position += count
    return value
  }

  @inline(__always)
  mutating func readGolomb(order: Int) -> UInt32 {
    let zeros = peek().trailingZeroBitCount
    guard zeros <= 33 else {
      position = end + 1
      return 0
    }
    position += zeros + 1
    let count = zeros + order
    var rest = UInt64(read(min(32, count)))
    if count > 32 { rest |= UInt64(read(count - 32)) << 32 }
    return UInt32(truncatingIfNeeded: (1 << UInt64(count)) &+ rest &- (1 << UInt64(order)))
  }

  mutating func readVariable() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let digit = read(8)
      value |= UInt64(digit & 0x7f) << shift
      if digit < 0x80 { return value }
      shift += 7
    }
    position = end + 1
    return 0
  }

  mutating func skip(bytes: Int) { position += min(bytes, end) * 8 }
}

/// Signed numbers as unsigned ones, small for small magnitudes.
enum ZigZag {
  static func encode(_ value: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
  }

  static func decode(_ value: UInt64) -> Int32 {
    let bits = UInt32(truncatingIfNeeded: value)
    return Int32(bitPattern: bits >> 1) ^ -Int32(bitPattern: bits & 1)
  }
}
