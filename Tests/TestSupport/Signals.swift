import Foundation

/// Synthesised signals at 16 kHz, each the same for the same seed.
public enum Signals {
  public static let rate = 16_000.0

  /// Three voices of plucked tones with overtones, in random time and pitch, over soft noise: music
  /// enough to have peaks everywhere and to repeat nowhere.
  public static func music(seconds: Double, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    var samples = [Float](repeating: 0, count: Int(seconds * rate))
    for _ in 0..<3 {
      var time = Double.random(in: 0..<0.3, using: &random)
      while time < seconds {
        let frequency = 110 * pow(2, Double.random(in: 0..<4, using: &random))
        let level = Double.random(in: 0.04..<0.12, using: &random)
        pluck(&samples, at: time, frequency, level, decay: .random(in: 0.1..<0.6, using: &random))
        time += Double.random(in: 0.08..<0.4, using: &random)
      }
    }
    return mixed(samples, whiteNoise(count: samples.count, seed: seed &+ 1), decibels: 40)
  }

  private static func pluck(
    _ samples: inout [Float], at time: Double, _ frequency: Double, _ level: Double, decay: Double
  ) {
    let first = Int(time * rate)
    for i in first..<min(samples.count, first + Int(4 * decay * rate)) {
      let t = Double(i - first) / rate
      var value = 0.0
      for overtone in 1...4 where frequency * Double(overtone) < 7_000 {
        value += sin(2 * .pi * frequency * Double(overtone) * t) / Double(overtone)
      }
      samples[i] += Float(value * level * exp(-t / decay))
    }
  }

  public static func whiteNoise(count: Int, seed: UInt64) -> [Float] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in .random(in: -0.5..<0.5, using: &random) }
  }

  public static func tone(seconds: Double, frequency: Double = 1_000) -> [Float] {
    (0..<Int(seconds * rate)).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / rate)) }
  }

  /// A click of 5 ms every half second.
  public static func metronome(seconds: Double) -> [Float] {
    (0..<Int(seconds * rate)).map { i in
      let t = Double(i % 8_000) / rate
      return t < 0.005 ? Float(0.8 * sin(2 * .pi * 1_500 * t) * exp(-t / 0.001)) : 0
    }
  }

  /// `samples` with another signal so many decibels below them.
  public static func mixed(_ samples: [Float], _ other: [Float], decibels: Double) -> [Float] {
    let gain = Float(level(samples) / level(other) * pow(10, -decibels / 20))
    return zip(samples, other).map { $0 + gain * $1 }
  }

  public static func level(_ samples: [Float]) -> Double {
    (samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)).squareRoot()
  }

  /// Played so many times as fast, by cubic interpolation.
  public static func played(_ samples: [Float], speed: Double) -> [Float] {
    (0..<Int(Double(samples.count - 3) / speed)).map { i in
      let place = Double(i) * speed + 1
      let (n, x) = (Int(place), Float(place - place.rounded(.down)))
      let (a, b, c, d) = (samples[n - 1], samples[n], samples[n + 1], samples[n + 2])
      return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
    }
  }
}

extension [Float] {
  public func excerpt(from second: Double, seconds: Double) -> [Float] {
    Array(self[Int(second * Signals.rate)..<Int((second + seconds) * Signals.rate)])
  }

  public func scaled(_ gain: Float) -> [Float] { map { $0 * gain } }
}
