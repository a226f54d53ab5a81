/// A value for each of many recordings: a dictionary by key that takes next to no more memory than its
/// values, and whose copies share what neither changes.
///
/// Keys are given one after the other and never again, so those of a library lie close together: a page
/// has the values of 256 neighbours. Keys far from all others cost a page each.
public struct RecordingTable<Value: Sendable>: Sendable {
  /// Number of recordings that have a value.
  public private(set) var count = 0
  /// By key / 256. No page is empty.
  @usableFromInline var pages: [Int64: Page] = [:]

  @usableFromInline static var pageShift: Int64 { 8 }
  @usableFromInline static var valuesPerPage: Int { 256 }

  @usableFromInline struct Page: Sendable {
    @usableFromInline var values: [Value?]
    @usableFromInline var count: Int

    @usableFromInline init() {
      values = [Value?](repeating: nil, count: RecordingTable.valuesPerPage)
      count = 0
    }
  }

  public init() {}

  /// The value of a recording; `nil` takes it out. Complexity: O(1), to set it amortised.
  @inlinable
  public subscript(key: RecordingKey) -> Value? {
    get {
      pages[key.rawValue >> Self.pageShift]?.values[Int(truncatingIfNeeded: key.rawValue & 0xff)]
    }
    set { _ = replace(key, by: newValue) }
  }

  /// Takes a recording's value out. Complexity: O(1) amortised.
  @inlinable
  public mutating func removeValue(forKey key: RecordingKey) -> Value? {
    self[key] == nil ? nil : replace(key, by: nil)
  }

  @usableFromInline
  mutating func replace(_ key: RecordingKey, by value: Value?) -> Value? {
    let number = key.rawValue >> Self.pageShift
    if value == nil, pages[number] == nil { return nil }
    let (old, left) = Self.replace(
      Int(truncatingIfNeeded: key.rawValue & 0xff), by: value, in: &pages[number, default: Page()])
    count += (value == nil ? 0 : 1) - (old == nil ? 0 : 1)
    if left == 0 { pages[number] = nil }
    return old
  }

  private static func replace(
    _ place: Int, by value: Value?, in page: inout Page
  ) -> (old: Value?, left: Int) {
    let old = page.values[place]
    page.values[place] = value
    page.count += (value == nil ? 0 : 1) - (old == nil ? 0 : 1)
    return (old, page.count)
  }

  public var isEmpty: Bool { count == 0 }

  /// Calls `body` with the values of those of `keys` that have one; neighbours come in the order of
  /// their keys. Complexity: O(`keys`).
  @inlinable
  public func forEachValue(of keys: RecordingKeys, _ body: (Value) -> Void) {
    let wordsPerPage = Self.valuesPerPage / 64
    for (number, words) in keys.pages {
      for part in 0..<RecordingKeys.wordsPerPage / wordsPerPage {
        let first = part * wordsPerPage
        guard words[first..<first + wordsPerPage].contains(where: { $0 != 0 }),
          let page = pages[
            number << (RecordingKeys.pageShift - Self.pageShift) | Int64(part)]
        else { continue }
        for word in 0..<wordsPerPage {
          var rest = words[first + word]
          while rest != 0 {
            if let value = page.values[word * 64 + rest.trailingZeroBitCount] { body(value) }
            rest &= rest - 1
          }
        }
      }
    }
  }
}

extension RecordingTable: Sequence, ExpressibleByDictionaryLiteral {
  public typealias Element = (key: RecordingKey, value: Value)

  public init(dictionaryLiteral elements: (RecordingKey, Value)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }

  /// The recordings that have a value, in the order of their keys.
  public var keys: some Sequence<RecordingKey> { lazy.map(\.key) }

  /// The values, in the order of their keys.
  public var values: some Sequence<Value> { lazy.map(\.value) }

  /// What of it fits, as a table.
  public func filter(_ fits: (Element) throws -> Bool) rethrows -> RecordingTable {
    var table = RecordingTable()
    for (key, value) in self where try fits((key, value)) { table[key] = value }
    return table
  }

  /// Goes through the recordings in the order of their keys.
  @inlinable
  public func makeIterator() -> Iterator { Iterator(self) }

  public var underestimatedCount: Int { count }

  public struct Iterator: IteratorProtocol {
    @usableFromInline var numbers: ArraySlice<Int64>
    @usableFromInline let pages: [Int64: Page]
    @usableFromInline var values: [Value?] = []
    @usableFromInline var first: Int64 = 0
    @usableFromInline var place = 0

    @usableFromInline init(_ table: RecordingTable) {
      pages = table.pages
      numbers = pages.keys.sorted()[...]
    }

    @inlinable
    public mutating func next() -> Element? {
      while true {
        while place < values.count {
          defer { place += 1 }
          if let value = values[place] { return (RecordingKey(first + Int64(place)), value) }
        }
        guard let number = numbers.popFirst() else { return nil }
        values = pages[number]?.values ?? []
        first = number << RecordingTable.pageShift
        place = 0
      }
    }
  }
}

extension RecordingTable.Page: Equatable where Value: Equatable {}
extension RecordingTable: Equatable where Value: Equatable {}
