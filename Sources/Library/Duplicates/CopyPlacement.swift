import Core
import Fingerprint

/// Where each of a group's copies lies in one of them.
struct CopyPlacement {
  /// Of the recordings that pairs join with `best`, directly or through others.
  private(set) var correspondences: [RecordingKey: DuplicateAnswer.Correspondence] = [:]

  /// Nearer than this to 1, a speed that two others cancel to is none.
  static let sameSpeed = 1e-3

  /// Goes from `best` outwards, so that whoever has a pair with it gets that one.
  init(in best: RecordingKey, pairs: [Duplicate]) {
    var ofRecording: [RecordingKey: [Duplicate]] = [:]
    for pair in pairs {
      ofRecording[pair.first, default: []].append(pair.exchanged)
      ofRecording[pair.second, default: []].append(pair)
    }
    var reached = [best]
    var next = 0
    while next < reached.count {
      let known = reached[next]
      next += 1
      for pair in ofRecording[known] ?? [] where pair.first != best {
        guard correspondences[pair.first] == nil else { continue }
        correspondences[pair.first] = Self.correspondence(pair, through: correspondences[known])
        reached.append(pair.first)
      }
    }
  }

  /// - Parameters:
  ///   - pair: whose second is the best, or lies in the best as `known` says.
  static func correspondence(
    _ pair: Duplicate, through known: DuplicateAnswer.Correspondence? = nil
  ) -> DuplicateAnswer.Correspondence {
    let intervals = pair.firstIntervals.compactMap {
      try? TimeRange(from: max(0, $0.from), to: $0.to)
    }
    var found = DuplicateAnswer.Correspondence(
      relation: pair.relation, offset: pair.offset, speed: pair.speed, pitch: pair.pitch,
      intervals: intervals)
    guard let known else { return found }
    found.offset = known.offset + known.speed * pair.offset
    found.speed *= known.speed
    found.pitch *= known.pitch
    found.relation = max(pair.relation, known.relation)
    if found.relation == .spedUp, abs(found.speed - 1) < Self.sameSpeed,
      abs(found.pitch - 1) < 2 * Self.sameSpeed
    {
      found.relation = .trimmed
    }
    return found
  }
}
