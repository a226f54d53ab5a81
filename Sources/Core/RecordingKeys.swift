/// A set of recordings: one bit a key.
///
/// Keys are given one after the other and never again, so those of a library lie close together: a
/// million of them take about 150 kB. Keys far from all others cost half a kilobyte each.
public struct RecordingKeys: Hashable, Sendable {
  /// Number of keys.
  public private(set) var count = 0
  /// By key / 4,096: a bit for each key of a page. No page is empty.
  @usableFromInline private(set) var pages: [Int64: [UInt64]] = [:]

  @usableFromInline static let wordsPerPage = 64
  @usableFromInline static let pageShift: Int64 = 12

  public init() {}

  /// The set of these.
  public init(_ keys: some Sequence<RecordingKey>) {
    for key in keys { insert(key) }
  }

  public var isEmpty: Bool { count == 0 }

  /// Complexity: O(1).
  public func contains(_ key: RecordingKey) -> Bool {
    guard let page = pages[key.rawValue >> Self.pageShift] else { return false }
    return page[Self.word(of: key)] & Self.bit(of: key) != 0
  }

  /// Complexity: O(1) amortised.
  public mutating func insert(_ key: RecordingKey) {
    let isNew = Self.insert(
      key,
      in: &pages[
        key.rawValue >> Self.pageShift,
        default: [UInt64](repeating: 0, count: Self.wordsPerPage)])
    if isNew { count += 1 }
  }

  private static func insert(_ key: RecordingKey, in page: inout [UInt64]) -> Bool {
    let isNew = page[word(of: key)] & bit(of: key) == 0
    page[word(of: key)] |= bit(of: key)
    return isNew
  }

  /// Adds those of another set.
  public mutating func formUnion(_ other: RecordingKeys) {
    for (number, page) in other.pages {
      combine(number, page) { $0 | $1 }
    }
  }

  /// Keeps those that another set has too.
  public mutating func formIntersection(_ other: RecordingKeys) {
    let empty = [UInt64](repeating: 0, count: Self.wordsPerPage)
    for number in Array(pages.keys) {
      combine(number, other.pages[number] ?? empty) { $0 & $1 }
    }
  }

  private mutating func combine(
    _ number: Int64, _ page: [UInt64], _ operation: (UInt64, UInt64) -> UInt64
  ) {
    let before = pages[number] ?? [UInt64](repeating: 0, count: Self.wordsPerPage)
    let after = zip(before, page).map(operation)
    count += Self.ones(after) - Self.ones(before)
    pages[number] = Self.ones(after) > 0 ? after : nil
  }

  private static func ones(_ page: [UInt64]) -> Int {
    page.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  private static func word(of key: RecordingKey) -> Int { Int(key.rawValue >> 6 & 63) }

  private static func bit(of key: RecordingKey) -> UInt64 { 1 << UInt64(key.rawValue & 63) }
}
