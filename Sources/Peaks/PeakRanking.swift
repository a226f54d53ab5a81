import Core

/// Maxima → the strongest peaks of each stretch of time, each with its rank.
///
/// A peak's rank is the number of stronger ones within `rankFrames` frames before and after. Unlike
/// blocks of a fixed length this moves with the audio, and unlike a threshold it gives quiet
/// passages as many peaks as loud ones. Where audio begins or ends, fewer peaks compete, and ranks
/// are scaled up by as much, so that an excerpt's edges are no denser than its middle.
struct PeakRanking {
  private let reach: Int32
  private let limit: Int32
  private var waiting: [Maximum] = []
  private var next = 0

  /// - Parameter limit: peaks of this rank and above are dropped.
  init(_ parameters: FingerprintParameters, limit: Int) {
    reach = Int32(parameters.rankFrames)
    self.limit = Int32(limit)
  }

  /// Takes a peak and hands on those that it shows to have no more rivals ahead.
  mutating func append(_ peak: Maximum, keep: (Peak) -> Void) {
    waiting.append(peak)
    let frame = peak.frame
    while waiting[next].frame + reach < frame {
      rank(before: nil, keep)
    }
    if next > 2_048 { dropOld() }
  }

  /// Ranks what is left. `frames` is the audio's length.
  mutating func finish(frames: Int, keep: (Peak) -> Void) {
    while next < waiting.count { rank(before: Int32(frames), keep) }
  }

  private mutating func rank(before end: Int32?, _ keep: (Peak) -> Void) {
    let peak = waiting[next]
    let frame = peak.frame
    var stronger: Int32 = 0
    var i = next - 1
    while i >= 0, waiting[i].frame >= frame - reach {
      if waiting[i].salience >= peak.salience { stronger += 1 }
      i -= 1
    }
    i = next + 1
    while i < waiting.count, waiting[i].frame <= frame + reach {
      if waiting[i].salience > peak.salience { stronger += 1 }
      i += 1
    }
    next += 1
    let full = 2 * reach + 1
    let last = min(end.map { $0 - 1 } ?? .max, frame + reach)
    let present = last - max(0, frame - reach) + 1
    let rank = stronger * full / max(1, present)
    if rank < limit { keep(Peak(time: peak.time, frequency: peak.frequency, rank: rank)) }
  }

  private mutating func dropOld() {
    let frame = waiting[next].frame
    guard let first = waiting.firstIndex(where: { $0.frame >= frame - reach }) else { return }
    waiting.removeFirst(first)
    next -= first
  }
}
