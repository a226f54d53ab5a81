/// How fast something goes on and how long it will take, from what the last half minute showed:
/// long enough to be calm, short enough to follow a change.
struct ProgressEstimate {
  /// Seconds that are looked back on.
  static let window = 30.0

  private var samples: [(time: Double, done: Int)] = []

  /// Takes what is done by now. `time` is in seconds on any clock that only goes forward.
  mutating func add(done: Int, at time: Double) {
    // Less than before means that counting began anew.
    if let last = samples.last, done < last.done { samples.removeAll() }
    samples.append((time, done))
    // One sample older than the window is kept, so that the window is always covered.
    while samples.count > 2, samples[1].time <= time - Self.window { samples.removeFirst() }
  }

  /// Things a second; `nil` until something happened in at least a second.
  var rate: Double? {
    guard let first = samples.first, let last = samples.last, last.time - first.time >= 1,
      last.done > first.done
    else { return nil }
    return Double(last.done - first.done) / (last.time - first.time)
  }

  /// Seconds until `left` things are done; `nil` while nothing is known.
  func timeLeft(for left: Int) -> Double? {
    if left <= 0 { return 0 }
    return rate.map { Double(left) / $0 }
  }
}
