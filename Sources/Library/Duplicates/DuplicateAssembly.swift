import Core
import Fingerprint

/// Makes groups of files out of pairs of recordings.
struct DuplicateAssembly {
  /// With their online files; none is without.
  let recordings: [RecordingKey: RecordingEntry]
  /// Both of whose recordings are among ``recordings``.
  let pairs: [Duplicate]

  init(recordings: [RecordingKey: RecordingEntry], pairs: [Duplicate]) {
    self.recordings = recordings
    self.pairs = pairs.filter { recordings[$0.first] != nil && recordings[$0.second] != nil }
  }

  /// Copies, then wholes with their parts; each in the order of their first files' paths.
  func groups() -> [DuplicateAnswer.Group] {
    var groups: [DuplicateAnswer.Group] = []
    var bestOf: [RecordingKey: RecordingKey] = [:]
    for group in DuplicateGroup.groups(pairs) {
      let best = best(group)
      for member in group.members { bestOf[member] = best }
      let placement = CopyPlacement(in: best, pairs: group.pairs)
      groups.append(self.group(best, placement.correspondences))
    }
    for (key, recording) in recordings where recording.files.count > 1 && bestOf[key] == nil {
      groups.append(group(key, [:]))
    }
    return sorted(groups) + sorted(containments(bestOf))
  }

  /// The copy to keep; of equals the one whose path comes first.
  private func best(_ group: DuplicateGroup) -> RecordingKey {
    let members = group.members.compactMap { key in recordings[key].map { (key: key, entry: $0) } }
    guard let clock = members.first else { return group.members[0] }
    let placement = CopyPlacement(in: clock.key, pairs: group.pairs)
    let speeds = members.map { placement.correspondences[$0.key]?.speed ?? 1 }
    // A faster copy sounds for less time, and lacks nothing.
    let sounding = zip(members, speeds).map { $0.entry.soundingSeconds * $1 }
    let all = CopyQuality.Group(
      longest: sounding.max() ?? 0,
      sampleRate: members.map(\.entry.facts.sampleRate).max() ?? 0,
      channels: members.map(\.entry.facts.channels).max() ?? 0)
    let qualities = members.indices.map { i in
      let atItsSpeed = speeds.count { abs($0 / speeds[i] - 1) < CopyPlacement.sameSpeed }
      return CopyQuality(
        members[i].entry, sounding: sounding[i], atItsSpeed: atItsSpeed, in: all)
    }
    let order = members.indices.sorted { a, b in
      guard qualities[a] == qualities[b] else { return qualities[a] > qualities[b] }
      return members[a].entry.filesByWorth[0].path.bytes.lexicographicallyPrecedes(
        members[b].entry.filesByWorth[0].path.bytes)
    }
    return members[order[0]].key
  }

  /// A whole and its parts, once for all copies of each.
  private func containments(
    _ bestOf: [RecordingKey: RecordingKey]
  ) -> [DuplicateAnswer.Group] {
    struct Key: Hashable {
      var part: RecordingKey
      var whole: RecordingKey
    }
    var chosen: [Key: Duplicate] = [:]
    for pair in pairs where pair.relation == .contained {
      let key = Key(
        part: bestOf[pair.first] ?? pair.first, whole: bestOf[pair.second] ?? pair.second)
      // A part that is a copy of the whole, as a loop is of itself played twice, is in its group.
      guard key.part != key.whole else { continue }
      let isOfTheBest = pair.first == key.part && pair.second == key.whole
      if chosen[key] == nil || isOfTheBest { chosen[key] = pair }
    }
    return Dictionary(grouping: chosen.values, by: \.second).map { whole, pairs in
      var parts: [RecordingKey: DuplicateAnswer.Correspondence] = [:]
      for pair in pairs { parts[pair.first] = CopyPlacement.correspondence(pair) }
      return group(whole, parts)
    }
  }

  private func group(
    _ best: RecordingKey, _ others: [RecordingKey: DuplicateAnswer.Correspondence]
  ) -> DuplicateAnswer.Group {
    var files: [DuplicateAnswer.File] = []
    guard let recording = recordings[best] else { return .init(relation: .sameSamples, files: []) }
    let kept = recording.filesByWorth[0]
    func add(_ entry: RecordingEntry, _ correspondence: DuplicateAnswer.Correspondence) {
      for file in entry.filesByWorth {
        let isKept = file.path == kept.path
        files.append(
          DuplicateAnswer.File(
            path: file.path, id: entry.id, correspondence: isKept ? nil : correspondence,
            differences: isKept ? [] : differences(file, entry.facts, kept, recording.facts),
            size: file.size, bitRate: file.bitRate(entry.facts), container: file.container,
            codec: file.codec, facts: entry.facts, metadata: file.metadata))
      }
    }
    let whole = [try? TimeRange(from: 0, to: recording.facts.duration)].compactMap { $0 }
    add(
      recording,
      .init(relation: .sameSamples, offset: 0, speed: 1, pitch: 1, intervals: whole))
    let sorted = others.compactMap { key, correspondence in
      recordings[key].map { (entry: $0, correspondence: correspondence) }
    }.sorted {
      guard $0.correspondence.relation == $1.correspondence.relation else {
        return $0.correspondence.relation < $1.correspondence.relation
      }
      return $0.entry.files[0].path.bytes.lexicographicallyPrecedes($1.entry.files[0].path.bytes)
    }
    for other in sorted { add(other.entry, other.correspondence) }
    return DuplicateAnswer.Group(
      relation: files.compactMap(\.correspondence?.relation).max() ?? .sameSamples, files: files)
  }

  private func differences(
    _ file: FileEntry, _ facts: AudioFacts, _ kept: FileEntry, _ keptFacts: AudioFacts
  ) -> [CopyDifference] {
    CopyDifference.allCases.filter { difference in
      switch difference {
      case .container: Self.differ(file.container, kept.container)
      case .codec: Self.differ(file.codec, kept.codec)
      case .bitRate:
        abs(file.bitRate(facts) - kept.bitRate(keptFacts)) * 50 > kept.bitRate(keptFacts)
      case .sampleRate: facts.sampleRate != keptFacts.sampleRate
      case .channels: facts.channels != keptFacts.channels
      case .length: abs(facts.duration - keptFacts.duration) > 0.1
      case .level:
        switch (facts.loudness, keptFacts.loudness) {
        case (let a?, let b?): abs(a - b) > 0.5
        case (nil, nil): false
        default: true
        }
      }
    }
  }

  /// What is not known of one of them is not said to differ.
  private static func differ(_ a: String?, _ b: String?) -> Bool {
    guard let a, let b else { return false }
    return a != b
  }

  private func sorted(_ groups: [DuplicateAnswer.Group]) -> [DuplicateAnswer.Group] {
    groups.filter { $0.files.count > 1 }.sorted {
      $0.files[0].path.bytes.lexicographicallyPrecedes($1.files[0].path.bytes)
    }
  }
}
