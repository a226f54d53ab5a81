/// A recording laid beside a query, and what speaks for it.
struct Alignment: Sendable, Equatable {
  /// The recording's number in its ``LandmarkIndex``.
  var recording: Int
  /// The recording's time, in frames, at the query's first frame.
  var start: Double
  var warp: Warp
  /// How many times as many votes it had as the usual ones of the places that lead, 1 at least; nil where
  /// the search had too few votes to tell.
  var prominence: Double?
  /// The recording's peaks within the query's time and band.
  var peaks = 0
  /// Those of them that the query has.
  var hits = 0
  /// The share of them that the query would have at other alignments.
  var chance = 1.0
  /// The logarithm of how much likelier these hits and misses are if the recording is heard than by
  /// chance.
  var surprise = 0.0
  /// What is left of the surprise without the best quarter of the stretch: a match has to be good all
  /// along, where a chance one has a lucky moment.
  var evidence = 0.0
}
