/// The last rows of a stream of rows, each under its number: row n takes the place of row n − `rows`.
final class RowRing<Element: FixedWidthInteger> {
  private let memory: UnsafeMutablePointer<Element>
  private let mask: Int
  private let stride: Int

  /// - Parameter rows: how many are kept, at least.
  init(width: Int, rows: Int, filling: Element = 0) {
    var count = 1
    while count < rows { count *= 2 }
    mask = count - 1
    stride = (width + 31) / 32 * 32
    memory = .allocate(capacity: count * stride)
    memory.initialize(repeating: filling, count: count * stride)
  }

  deinit { memory.deallocate() }

  @inline(__always)
  subscript(row: Int) -> UnsafeMutablePointer<Element> { memory + (row & mask) * stride }
}
