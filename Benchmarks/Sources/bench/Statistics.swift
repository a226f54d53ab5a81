import Glibc

/// Orders of a sample of figures.
enum Statistics {
  static func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The smallest value that at least `share` of all do not exceed (nearest rank).
  static func percentile(_ share: Double, _ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let rank = Int((share * Double(values.count)).rounded(.up))
    return values.sorted()[max(0, min(values.count, rank) - 1)]
  }
}

/// A point in time on two clocks, in seconds.
struct Clock {
  var wall: Double
  /// Processor time of the calling thread, which other programs' work on its core does not add to.
  var processor: Double

  static func now() -> Clock {
    Clock(wall: read(CLOCK_MONOTONIC), processor: read(CLOCK_THREAD_CPUTIME_ID))
  }

  static func - (end: Clock, start: Clock) -> Clock {
    Clock(wall: end.wall - start.wall, processor: end.processor - start.processor)
  }

  private static func read(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Uniform in [-1, 1).
  mutating func signed() -> Float { Float(next() >> 40) / Float(1 << 23) - 1 }
}
