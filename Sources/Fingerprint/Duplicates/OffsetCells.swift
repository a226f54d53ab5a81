#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A count of shared landmarks for each stretch of offsets between one recording and the line of all.
///
/// Cells are wide (16 s), so that a few kilobytes hold all of a library and a speed that is a little
/// off does not scatter the votes; which of a cell's votes agree exactly is looked at where there are
/// more than chance gives. The table's size grows with the library alone, and it holds as much of the
/// line at once as a ``JoinSlice`` does.
struct OffsetCells {
  static let cellBits = 10
  private static let lanes = 16
  /// A cell that has so many votes takes no more: recordings of many hours have more in common than
  /// fits, and two neighbours have to be added up.
  static let full: Int16 = .max / 2

  /// Votes, by (frame on the line − frame of the recording + longest recording) in cells.
  private var cells: [Int16]
  /// Added to offsets, so that none is negative, and those of the line's beginning at hand are small.
  private(set) var bias: Int
  private let longest: Int
  /// Cells that the whole line would have.
  private let ofLine: Int

  /// - Parameters:
  ///   - end: the line's last frame.
  ///   - atOnce: frames of the line, at most, that are looked at together.
  ///   - longest: frames of the longest recording, times the fastest warp.
  init(end: Int, atOnce: Int, longest: Int) {
    bias = longest
    self.longest = longest
    ofLine = Self.count(end + longest)
    // What is at hand begins within a cell; and the sum of neighbours reads one further.
    let here = Self.count(min(end, atOnce + 1 << Self.cellBits) + longest)
    cells = .init(repeating: 0, count: here + Self.lanes)
  }

  private static func count(_ frames: Int) -> Int {
    ((frames >> cellBits + 2) / lanes + 1) * lanes
  }

  /// Cells that hold something.
  private var inUse: Int { cells.count - Self.lanes }

  /// Goes to where a stretch of the line begins. Cells are cut where they would be for the whole line.
  mutating func move(to frame: Int) { bias = longest - (frame >> Self.cellBits) << Self.cellBits }

  @inline(__always)
  func cell(_ posting: UInt32, _ frame: Int) -> Int {
    (Int(posting) - frame + bias) >> Self.cellBits
  }

  mutating func clear() { for i in cells.indices { cells[i] = 0 } }

  mutating func withCells<Result>(
    _ body: (UnsafeMutableBufferPointer<Int16>) -> Result
  ) -> Result {
    cells.withUnsafeMutableBufferPointer { body($0) }
  }

  /// The cells that together with the next have at least `threshold` votes, the fullest first, `limit`
  /// at most.
  func fullest(_ threshold: Int, limit: Int) -> [Int] {
    var found: [(votes: Int, cell: Int)] = []
    cells.withUnsafeBytes { bytes in
      let wanted = SIMD16<Int16>(repeating: Int16(clamping: threshold - 1))
      for block in stride(from: 0, to: inUse, by: Self.lanes) {
        let here = bytes.loadUnaligned(fromByteOffset: 2 * block, as: SIMD16<Int16>.self)
        let next = bytes.loadUnaligned(fromByteOffset: 2 * block + 2, as: SIMD16<Int16>.self)
        let sums = here &+ next
        guard any(sums .> wanted) else { continue }
        for lane in 0..<Self.lanes where Int(sums[lane]) >= threshold {
          found.append((Int(sums[lane]), block + lane))
        }
      }
    }
    found.sort { ($0.votes, $1.cell) > ($1.votes, $0.cell) }
    return found.prefix(limit).map(\.cell)
  }

  /// The least count that chance gives less than `allowed` of the cells' pairs, where `votes` fall
  /// on those of the whole line evenly (the upper tail of Poisson's distribution).
  func threshold(votes: Int, allowed: Double, atLeast: Int) -> Int {
    let mean = 2 * Double(votes) / Double(ofLine)
    var term = exp(-mean)
    var tail = 1 - term
    var count = 1
    while count < 1_000, tail * Double(ofLine) > allowed || count < atLeast {
      term *= mean / Double(count)
      tail = max(0, tail - term)
      if tail < 1e-12 { tail = term * mean / Double(count + 1) }
      count += 1
    }
    return count
  }
}
