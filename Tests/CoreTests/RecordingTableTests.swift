import Core
import TestSupport
import Testing

/// Sets and tables by key do what those of the standard library do.
@Suite struct RecordingTableTests {
  /// Keys side by side, here and there, and as a damaged catalogue may have them.
  private static func key(_ random: inout SplitMix64) -> RecordingKey {
    switch random.next() % 8 {
    case 0: RecordingKey(Int64(bitPattern: random.next()))
    case 1: RecordingKey(Int64(random.next() % 100_000))
    default: RecordingKey(Int64(random.next() % 600))
    }
  }

  private static func keys(_ count: Int, _ random: inout SplitMix64) -> Set<RecordingKey> {
    Set((0..<count).map { _ in key(&random) })
  }

  @Test func aSetOfKeysIsASet() {
    var random = SplitMix64(seed: 81)
    for count in [0, 1, 7, 300, 2_000] {
      let (a, b) = (Self.keys(count, &random), Self.keys(count / 2 + 1, &random))
      let (first, second) = (RecordingKeys(a), RecordingKeys(b))
      #expect(first.count == a.count && first.isEmpty == a.isEmpty)
      var union = first
      union.formUnion(second)
      #expect(union == RecordingKeys(a.union(b)) && union.count == a.union(b).count)
      var both = first
      both.formIntersection(second)
      #expect(both == RecordingKeys(a.intersection(b)) && both.count == a.intersection(b).count)
      for key in a.union(b).union(Self.keys(200, &random)) {
        #expect(first.contains(key) == a.contains(key))
        #expect(both.contains(key) == (a.contains(key) && b.contains(key)))
      }
    }
  }

  @Test func aTableIsADictionary() {
    var random = SplitMix64(seed: 82)
    var table: RecordingTable<Int32> = [:]
    var oracle: [RecordingKey: Int32] = [:]
    for step in 0..<6_000 {
      let key = Self.key(&random)
      switch random.next() % 4 {
      case 0:
        #expect(table.removeValue(forKey: key) == oracle.removeValue(forKey: key))
      case 1:
        table[key]? += 1
        oracle[key]? += 1
      default:
        table[key] = Int32(step)
        oracle[key] = Int32(step)
      }
      #expect(table[key] == oracle[key])
    }
    #expect(table.count == oracle.count && table.count > 300)
    #expect(Array(table.keys) == oracle.keys.sorted())
    #expect(table.allSatisfy { oracle[$0.key] == $0.value })
    let asked = Self.keys(900, &random)
    var found: [Int32] = []
    table.forEachValue(of: RecordingKeys(asked)) { found.append($0) }
    #expect(found.sorted() == asked.compactMap { oracle[$0] }.sorted())
    let odd = table.filter { $0.value % 2 == 1 }
    #expect(Array(odd.values).sorted() == oracle.values.filter { $0 % 2 == 1 }.sorted())
    for key in Array(table.keys) { table[key] = nil }
    #expect(table.isEmpty && Array(table.keys).isEmpty)
  }
}
