import Core

/// Where one recording of an event lies in another, and how far their clocks run apart.
public struct Synchronisation: Sendable, Equatable {
  /// Seconds of the second recording at the first's time 0; negative where the first begins earlier.
  public var offset: Double
  /// Seconds of the second that pass in a second of the first.
  public var speed: Double
  /// A frequency in the first over the same one in the second.
  public var pitch: Double
  /// Standard error of ``offset``, in seconds.
  public var offsetError: Double
  /// Standard error of ``speed``.
  public var speedError: Double
  /// The stretches of the first, and of the second, in which they are heard together, in seconds and in
  /// order of time: one at least, as many of the one as of the other.
  public var firstIntervals: [Match.Interval]
  public var secondIntervals: [Match.Interval]
  /// Peaks that they share in those, and these pairs' standard deviation about the line, in seconds of
  /// the second.
  public var pairs: Int
  public var residual: Double
  /// How many lines as good as this one two recordings of different events would give.
  public var expectedFalseMatches: Double

  /// From where on, and until where, the first is heard in the second, whatever lies between.
  public var first: Match.Interval { Self.whole(firstIntervals) }
  /// The same of the second.
  public var second: Match.Interval { Self.whole(secondIntervals) }

  /// Parts per million by which the second's clock gains on the first's.
  public var drift: Double { (speed - 1) * 1e6 }

  /// Two constellations' answer.
  public enum Result: Sendable, Equatable {
    case synchronised(Synchronisation)
    /// Why there is none: one is too short or silent, or nothing is heard in both.
    case nothing(Identification.Reason)
  }

  private static func whole(_ intervals: [Match.Interval]) -> Match.Interval {
    .init(from: intervals.first?.from ?? 0, to: intervals.last?.to ?? 0)
  }
}

extension Synchronisation {
  /// - Parameters:
  ///   - shared: the line and what is heard along it.
  ///   - isExchanged: whether its first is the answer's second.
  init(
    _ shared: SharedLine, isExchanged: Bool, expectedFalseMatches: Double,
    _ parameters: FingerprintParameters
  ) {
    let fit = isExchanged ? shared.fit.inverse : shared.fit
    let frame = parameters.frameSeconds
    // Frames are where their windows' middles are.
    let middle = Double(parameters.window) / 2 / Double(parameters.sampleRate)
    let intervals = shared.intervals.map {
      Match.Interval(from: $0.from + middle, to: $0.to + middle)
    }
    let others = shared.intervals.map {
      Match.Interval(
        from: shared.fit.line($0.from / frame) * frame + middle,
        to: shared.fit.line($0.to / frame) * frame + middle)
    }
    self.init(
      offset: fit.line.start * frame + middle * (1 - fit.line.speed), speed: fit.line.speed,
      pitch: fit.pitch, offsetError: fit.error(at: -middle / frame) * frame,
      speedError: fit.speedError, firstIntervals: isExchanged ? others : intervals,
      secondIntervals: isExchanged ? intervals : others, pairs: fit.pairs.count,
      residual: fit.residual * frame, expectedFalseMatches: expectedFalseMatches)
  }
}
