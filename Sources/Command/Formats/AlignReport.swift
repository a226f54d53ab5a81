import API
import SystemPackage

/// How two recordings lie beside each other, for people.
struct AlignReport {
  private let answer: AlignAnswer

  init(_ answer: AlignAnswer) { self.answer = answer }

  /// Empty where there is no answer.
  var lines: [String] {
    guard let offset = answer.offset, let speed = answer.speed else { return [] }
    let (first, second) = (Self.name(answer.first), Self.name(answer.second))
    // The second's time 0 lies at the first's −offset / speed.
    let begin = -offset / speed
    let (later, earlier) = begin >= 0 ? (second, first) : (first, second)
    let error = answer.offsetError.map { " ± \(Format.fixed($0 * 1_000, 1)) ms" } ?? ""
    let seconds = begin >= 0 ? begin : offset
    var lines = ["\(later) begins \(Format.fixed(seconds, 3)) s after \(earlier)\(error)"]
    lines.append(Self.clocks(answer, first: first, second: second, speed: speed))
    if let one = answer.first.interval, let other = answer.second.interval {
      lines.append(
        "heard together: \(Format.moment(one.from))–\(Format.moment(one.to)) of \(first), "
          + "\(Format.moment(other.from))–\(Format.moment(other.to)) of \(second)"
          + Self.gaps(answer.first.intervals ?? [], of: one))
    }
    return lines
  }

  /// How much of a stretch is heard, where it is clearly not all.
  private static func gaps(_ intervals: [Wire.Interval], of whole: Wire.Interval) -> String {
    let heard = intervals.reduce(0) { $0 + ($1.to - $1.from) }
    guard heard < 0.9 * (whole.to - whole.from) else { return "" }
    return ", with gaps: \(Format.moment(heard)) in all"
  }

  /// Beyond a thousandth it is no clock's error any more, but another speed.
  private static func clocks(
    _ answer: AlignAnswer, first: String, second: String, speed: Double
  ) -> String {
    guard abs(speed - 1) < 1e-3, let drift = answer.drift else {
      return "\(first) runs at \(Format.fixed(100 * speed, 3)) % of the speed of \(second)"
    }
    let error = answer.speedError.map { $0 * 1e6 } ?? 0
    guard abs(drift) > 2 * error else {
      return "their clocks agree within \(Format.fixed(max(2 * error, 0.1), 1)) ppm"
    }
    return "the clock of \(second) runs \(Format.fixed(abs(drift), 1)) ± \(Format.fixed(error, 1)) "
      + "ppm \(drift > 0 ? "faster" : "slower"): \(Format.fixed(abs(drift) * 3.6e-3, 3)) s an hour"
  }

  private static func name(_ file: AlignAnswer.File) -> String {
    FilePath(file.path).lastComponent?.string ?? file.path
  }
}
