import CLinux
import Core
import Synchronization
import Threads

/// Finds alignments: votes for where a query lies, then verification of the places that lead.
struct Searcher {
  let index: LandmarkIndex
  /// Others are passed over as if they were not in the index; nil for all.
  var mayName: (@Sendable (RecordingKey) -> Bool)?

  /// How far a search goes.
  struct Effort {
    /// Grids of the query that are used.
    var grids: Int
    /// The query's peaks below this rank are used.
    var peaks: Int
    /// Whether neighbouring cells are asked for too.
    var probes: Bool
    /// Each of these is tried, and the places of all compete.
    var warps: [Warp]
    /// Votes that each warp may cost.
    var votes: Int
    /// Whether the warps are some of the grid's.
    var isOfGrid = false

    /// The query's strongest peaks as they are.
    static func sparse(_ warps: [Warp], _ parameters: FingerprintParameters) -> Effort {
      Effort(
        grids: 1, peaks: parameters.sparsePeaks, probes: false, warps: warps,
        votes: parameters.votes)
    }

    /// All its peaks, between frames and in neighbouring cells too.
    static func dense(_ warps: [Warp], _ parameters: FingerprintParameters) -> Effort {
      Effort(
        grids: 2, peaks: parameters.queryPeaks, probes: true, warps: warps,
        votes: parameters.votes)
    }

    /// The strongest at some of the grid's warps.
    static func grid(_ part: [Warp], _ parameters: FingerprintParameters) -> Effort {
      Effort(
        grids: 1, peaks: parameters.sparsePeaks, probes: false, warps: part,
        votes: parameters.warpVotes, isOfGrid: true)
    }
  }

  /// Places that are looked at to tell how many votes are usual.
  private static let places = 60

  /// Added to votes where they are compared: of few, twice as many are little more. In a library of one
  /// recording a query of a second has eight at the usual place.
  private static let fewVotes = 40.0

  private struct Lead {
    var place: Ballot.Place
    var warp: Warp
    var prominence: Double?
  }

  /// The verified alignments, the best first, none twice.
  func alignments(_ query: Query, _ verifier: Verifier, _ effort: Effort) -> [Alignment] {
    let parameters = index.parameters
    var leads = leads(query, effort)
    // Sorting is not stable: the place breaks ties, so that answers repeat.
    leads.sort { ($0.place.votes, $1.place.start) > ($1.place.votes, $0.place.start) }
    var found: [Alignment] = []
    for lead in leads.prefix(parameters.candidates) {
      let recording = index.recording(at: lead.place.witness)
      let start = Int32(bitPattern: lead.place.start &- index.firstFrame(of: recording))
      let alignment = Alignment(
        recording: recording, start: Double(start), warp: lead.warp, prominence: lead.prominence)
      let verified = verifier.verify(alignment, index.peaks(of: recording))
      if let same = found.firstIndex(where: { $0.isSame(as: verified) }) {
        // Leads come in order of votes: the first of the same has the most.
        let prominence = found[same].prominence
        if found[same].surprise < verified.surprise { found[same] = verified }
        found[same].prominence = prominence
      } else {
        found.append(verified)
      }
    }
    return found.sorted { $0.surprise > $1.surprise }
  }

  /// The places that lead at each warp. Several warps are tried on all cores.
  private func leads(_ query: Query, _ effort: Effort) -> [Lead] {
    let parts = min(effort.warps.count, Self.processors)
    guard parts > 1 else { return leads(query, effort, effort.warps) }
    let gathered = Mutex<[Lead]>([])
    ParallelLoop.run(turns: parts) { part in
      let warps = stride(from: part, to: effort.warps.count, by: parts).map { effort.warps[$0] }
      let leads = leads(query, effort, warps)
      gathered.withLock { $0 += leads }
    }
    return gathered.withLock { $0 }
  }

  private func leads(_ query: Query, _ effort: Effort, _ warps: [Warp]) -> [Lead] {
    var leads: [Lead] = []
    var ballot = Ballot(index, votes: effort.votes)
    for warp in warps {
      let landmarks = QueryLandmarks(
        query, grids: effort.grids, limit: effort.peaks, warp: warp, probes: effort.probes,
        index.parameters)
      let places = ballot.winners(
        landmarks, limit: max(Self.places, index.parameters.candidates))
      // Places come in order of votes; the middle one has what this query's votes give by chance.
      let usual = places.isEmpty ? 1 : max(1, Double(places[places.count / 2].votes))
      for place in places.lazy.filter(isAllowed).prefix(index.parameters.candidates) {
        let prominence = max(
          1, (Double(place.votes) + Self.fewVotes) / (usual + Self.fewVotes))
        leads.append(
          Lead(place: place, warp: warp, prominence: effort.probes ? prominence : nil))
      }
    }
    return leads
  }

  private func isAllowed(_ place: Ballot.Place) -> Bool {
    guard let mayName else { return true }
    return index.key(of: index.recording(at: place.witness)).map(mayName) ?? false
  }

  /// What a unit or `taskset` leaves this process, asked once.
  static let processors = Int(hark_core_count())
}

extension Alignment {
  /// Whether both lay the same stretch beside the query.
  func isSame(as other: Alignment) -> Bool {
    recording == other.recording && abs(start - other.start) < 6
      && abs(warp.speed - other.warp.speed) < 0.01
  }
}
