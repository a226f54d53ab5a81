/// Finds all pairs of recordings in an index that hold the same music.
///
/// Each recording's sample of landmarks is looked up in the index (a self-join, whose cost grows with
/// what recordings have in common, not with the number of pairs); what agrees about a line is verified
/// with all peaks. One thread, which is blocked meanwhile. Memory besides the index: 4 bytes for each
/// landmark but the common ones (up to 90 kB for four minutes), and some for each pair found.
public struct DuplicateSearch: Sendable {
  public let index: LandmarkIndex
  /// A pair counts where fewer false ones than this are to be expected in the whole library.
  public var bar = 1e-3
  var rules = RelationRules()

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
  /// - Parameter goesOn: called after each recording; false ends the search.
  /// - Throws: `CancellationError` where `goesOn` returned false.
  public func pairs(
    _ goesOn: (Progress) -> Bool = { _ in true }
  ) throws(CancellationError) -> [Duplicate] {
    var join = SelfJoin(index)
    let verifier = PairVerifier(index: index, bar: bar, rules: rules)
    var found: [Key: Found] = [:]
    var pairs = 0
    for number in 0..<index.numbers {
      for lead in join.leads(of: number) {
        let key = Key(lower: min(number, lead.second), upper: max(number, lead.second))
        // Each pair may be led to from both sides; the better lead counts where they differ.
        if let earlier = found[key], earlier.duplicate != nil || earlier.support >= lead.support {
          continue
        }
        let duplicate = verifier.pair(lead)
        if duplicate != nil { pairs += 1 }
        found[key] = Found(support: lead.support, duplicate: duplicate)
      }
      let progress = Progress(done: number + 1, recordings: index.numbers, pairs: pairs)
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
