import Foundation
import TestSupport
import Testing

/// Everything through the real programs. One daemon at a time: each wants the whole machine.
@Suite(.serialized, .daemonLog) enum EndToEnd {}

extension Trait where Self == IssueHandlingTrait {
  /// Adds the end of the daemon's log to every failure.
  static var daemonLog: Self {
    .compactMapIssues { issue in
      guard let home = DaemonProcess.latest.withLock({ $0 }) else { return issue }
      var issue = issue
      let lines = home.logText.split(separator: "\n").suffix(40).joined(separator: "\n")
      issue.comments.append("harkd's log:\n\(lines)")
      return issue
    }
  }
}

/// Audio that tests make.
enum Clip {
  /// A mono tone, distinct for each `hertz`.
  static func tone(_ hertz: Double, seconds: Double = 0.5) -> Data {
    WAV.tone(hertz, seconds: seconds)
  }

  /// Tone, noise and rising pitch in turn, so that its segments differ.
  static func scene(seed: UInt64, seconds: Double) -> Data {
    var random = SplitMix64(seed: seed)
    let rate = 16_000
    let low = Double(random.unit()) * 400 + 100
    let samples = (0..<Int(seconds * Double(rate))).map { index -> Int16 in
      let time = Double(index) / Double(rate)
      let tone = sin(2 * .pi * (low + 300 * time) * time)
      let noise = Double(random.unit() * 2 - 1)
      let share = 0.5 + 0.5 * sin(time * 2 + low)
      return Int16((tone * share + noise * (1 - share)) * 12_000)
    }
    return WAV.pcm16(samples, rate: rate)
  }

  static func write(_ data: Data, _ url: URL) throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }
}
