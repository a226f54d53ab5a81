import TestSupport

/// Changes inputs as fuzzers do, in an order that a seed repeats.
struct Mutator {
  private var random: SplitMix64
  private let seeds: [[UInt8]]

  private static let telling: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x0a, 0x22]

  /// - Parameter seeds: at least one.
  init(seed: UInt64, from seeds: [[UInt8]]) {
    random = SplitMix64(seed: seed)
    self.seeds = seeds
  }

  private mutating func below(_ limit: Int) -> Int {
    limit > 0 ? Int(random.next() % UInt64(limit)) : 0
  }

  mutating func next() -> [UInt8] {
    var input = seeds[below(seeds.count)]
    for _ in 0...below(5) { change(&input) }
    return input
  }

  private mutating func change(_ input: inout [UInt8]) {
    // Mostly near the beginning, where headers are.
    let reach = below(2) == 0 ? min(input.count, 64) : input.count
    let place = below(reach)
    switch below(8) {
    case 0 where !input.isEmpty: input[place] ^= 1 << UInt8(below(8))
    case 1 where !input.isEmpty: input[place] = UInt8(below(256))
    case 2 where !input.isEmpty: input[place] = Self.telling[below(Self.telling.count)]
    case 3:
      // A number of four bytes, near a limit.
      let number = UInt32(truncatingIfNeeded: (1 << below(33)) - below(3))
      if place + 4 <= input.count { input.put(number, at: place) }
    case 4: input.insert(contentsOf: (0...below(8)).map { _ in UInt8(below(256)) }, at: place)
    case 5: input.removeSubrange(place..<min(input.count, place + 1 + below(16)))
    case 6:
      let end = min(input.count, place + 1 + below(64))
      input.insert(contentsOf: input[place..<end], at: below(input.count + 1))
    default:
      let other = seeds[below(seeds.count)]
      let start = below(other.count)
      let piece = other[start..<min(other.count, start + 1 + below(64))]
      input.replaceSubrange(place..<min(input.count, place + piece.count), with: piece)
    }
  }
}
