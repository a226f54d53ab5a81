import Core

/// Recordings that are copies of each other, directly or through others.
public struct DuplicateGroup: Sendable, Equatable {
  /// In rising order.
  public var members: [RecordingKey]
  /// The pairs of copies among them.
  public var pairs: [Duplicate]

  /// The connected components of the pairs that are copies; what is contained in, or shares a part
  /// with, another recording joins nothing, since a mix would make all that is in it one group.
  /// - Returns: groups of two and more, in order of their first members.
  public static func groups(_ pairs: [Duplicate]) -> [DuplicateGroup] {
    var parents: [Int64: Int64] = [:]
    func root(_ member: Int64) -> Int64 {
      var member = member
      while let parent = parents[member], parent != member {
        parents[member] = parents[parent] ?? parent
        member = parent
      }
      return member
    }
    let copies = pairs.filter(\.relation.isCopy)
    for pair in copies {
      let (first, second) = (root(pair.first.rawValue), root(pair.second.rawValue))
      parents[max(first, second)] = min(first, second)
      parents[min(first, second)] = min(first, second)
    }
    let members = Dictionary(grouping: parents.keys.sorted(), by: root)
    let pairsOfRoots = Dictionary(grouping: copies) { root($0.first.rawValue) }
    return members.keys.sorted().map {
      DuplicateGroup(
        members: (members[$0] ?? []).map { RecordingKey($0) }, pairs: pairsOfRoots[$0] ?? [])
    }
  }
}
