import Core

/// Rows of log power → rows of salience: each value less the mean of the values around it.
///
/// What a room, a loudspeaker, a codec or a quiet passage does to the level of a whole region goes
/// out with the mean, so that peaks mean the same thing everywhere (as the local normalisation
/// before peak picking in Ellis's audfprint, 2014, and Sonnleitner & Widmer, 2016, does). Sums are
/// of whole numbers and so independent of the order in which rows are added and taken off.
final class Whitening {
  private let width: Int
  private let reach: Int
  private let frames: Int
  private let levels: RowRing<Int16>
  private let sums: RowRing<Int32>
  private let window: UnsafeMutablePointer<Int32>
  private let prefix: UnsafeMutablePointer<Int32>
  private let share: UnsafeMutablePointer<Float>
  private var summed = 0..<0
  private(set) var received = 0
  private(set) var handedOn = 0

  init(_ parameters: FingerprintParameters) {
    width = parameters.bins.count
    reach = parameters.meanBins
    frames = parameters.meanFrames
    levels = RowRing(width: width, rows: frames + 2)
    sums = RowRing(width: width, rows: 2 * frames + 3)
    window = .allocate(capacity: width)
    window.initialize(repeating: 0, count: width)
    prefix = .allocate(capacity: width + 1)
    prefix.initialize(repeating: 0, count: width + 1)
    share = .allocate(capacity: width)
    for i in 0..<width {
      share[i] = 1 / Float(min(width, i + reach + 1) - max(0, i - reach))
    }
  }

  deinit {
    window.deallocate()
    prefix.deallocate()
    share.deallocate()
  }

  /// Takes the next row and hands on the rows whose surroundings are now complete, each once.
  func append(_ row: UnsafePointer<Int16>, next: (UnsafePointer<Int16>) -> Void) {
    let level = levels[received]
    for i in 0..<width { level[i] = row[i] }
    sumOverBins(row, into: sums[received])
    received += 1
    if handedOn + frames < received { whiten(next) }
  }

  /// Hands on the last rows, whose surroundings the end cuts short.
  func finish(next: (UnsafePointer<Int16>) -> Void) {
    while handedOn < received { whiten(next) }
  }

  private func sumOverBins(_ row: UnsafePointer<Int16>, into target: UnsafeMutablePointer<Int32>) {
    var sum: Int32 = 0
    for i in 0..<width {
      sum &+= Int32(row[i])
      prefix[i + 1] = sum
    }
    let (inner, outer) = (min(reach, width), max(0, width - reach))
    for i in 0..<inner { target[i] = prefix[min(width, i + reach + 1)] }
    if inner < outer {
      for i in inner..<outer { target[i] = prefix[i + reach + 1] &- prefix[i - reach] }
    }
    for i in max(inner, outer)..<width { target[i] = sum &- prefix[i - reach] }
  }

  private func whiten(_ next: (UnsafePointer<Int16>) -> Void) {
    let wanted = max(0, handedOn - frames)..<min(received, handedOn + frames + 1)
    for r in summed.upperBound..<wanted.upperBound {
      let row = sums[r]
      for i in 0..<width { window[i] &+= row[i] }
    }
    for r in summed.lowerBound..<wanted.lowerBound {
      let row = sums[r]
      for i in 0..<width { window[i] &-= row[i] }
    }
    summed = wanted
    let perRow = 1 / Float(wanted.count)
    let level = levels[handedOn]
    for i in 0..<width {
      level[i] = level[i] &- Self.rounded(Float(window[i]) * (share[i] * perRow))
    }
    handedOn += 1
    next(UnsafePointer(level))
  }

  /// The nearest whole number, for values within ±2²¹: a sum that leaves it in the lowest bits,
  /// which unlike a checked conversion becomes vector instructions.
  @inline(__always)
  private static func rounded(_ value: Float) -> Int16 {
    let shift: Float = 12_582_912  // 1.5 · 2²³
    let bits = Int32(bitPattern: (value + shift).bitPattern)
    return Int16(truncatingIfNeeded: bits &- Int32(bitPattern: shift.bitPattern))
  }
}
