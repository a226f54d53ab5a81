/// Finds all pairs of recordings in an index that hold the same music.
///
/// Each recording's sample of landmarks is looked up in the index (a self-join, whose cost grows with
/// what recordings have in common, not with the number of pairs); what agrees about a line is verified
/// with all peaks. One thread, which is blocked meanwhile. Memory besides the index: 4 bytes for each
/// landmark but the common ones (up to 90 kB for four minutes), 80 MB at most for all of them; 4 kB for
/// each four minutes of a larger library, whose landmarks are looked at a slice at a time; and some for
/// each pair found.
public struct DuplicateSearch: Sendable {
  public let index: LandmarkIndex
  /// A pair counts where fewer false ones than this are to be expected in the whole library.
  public var bar = 1e-3
  var rules = RelationRules()
  /// Landmarks that are held at once.
  var atOnce = JoinTable.atOnce

  public init(_ index: LandmarkIndex) { self.index = index }

  /// How far a search has come.
  public struct Progress: Sendable {
    /// Recordings that have been looked for.
    public var done: Int
    public var recordings: Int
    /// Pairs found so far.
    public var pairs: Int

    public init(done: Int = 0, recordings: Int = 0, pairs: Int = 0) {
      self.done = done
      self.recordings = recordings
      self.pairs = pairs
    }
  }

  /// The pairs, in order of their keys.
  ///
  /// - Parameter goesOn: called after each recording, for each slice; false ends the search.
  /// - Throws: `CancellationError` where `goesOn` returned false.
  public func pairs(
    _ goesOn: (Progress) -> Bool = { _ in true }
  ) throws(CancellationError) -> [Duplicate] {
    var join = SelfJoin(index, atOnce: atOnce)
    let verifier = PairVerifier(index: index, bar: bar, rules: rules)
    var found: [Key: Found] = [:]
    var pairs = 0
    var leads: [Int: [SelfJoin.Lead]] = [:]
    for step in 0..<join.slices * index.numbers {
      let (slice, number) = step.quotientAndRemainder(dividingBy: index.numbers)
      if slice > 0, number == 0 { join.move(to: slice) }
      let all = SelfJoin.best(leads[number, default: []] + join.leads(of: number))
      leads[number] = all.isEmpty ? nil : all
      // Pairs are verified in the same order whatever the slices are.
      for lead in slice == join.slices - 1 ? all : [] {
        let key = Key(lower: min(number, lead.second), upper: max(number, lead.second))
        // Each pair may be led to from both sides; the better lead counts where they differ.
        if let earlier = found[key], earlier.duplicate != nil || earlier.support >= lead.support {
          continue
        }
        let duplicate = verifier.pair(lead)
        if duplicate != nil { pairs += 1 }
        found[key] = Found(support: lead.support, duplicate: duplicate)
      }
      if slice == join.slices - 1 { leads[number] = nil }
      let progress = Progress(
        done: (step + 1) * index.count / max(1, join.slices * index.numbers),
        recordings: index.count, pairs: pairs)
      guard goesOn(progress) else { throw CancellationError() }
    }
    return found.values.compactMap(\.duplicate).sorted {
      ($0.first, $0.second) < ($1.first, $1.second)
    }
  }

  private struct Key: Hashable {
    var lower: Int
    var upper: Int
  }

  private struct Found {
    var support: Int
    var duplicate: Duplicate?
  }
}
