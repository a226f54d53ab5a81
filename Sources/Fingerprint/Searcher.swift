/// Finds alignments: votes for where a query lies, then verification of the places that lead.
struct Searcher {
  let index: LandmarkIndex

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
  }

  private struct Lead {
    var place: Ballot.Place
    var warp: Warp
  }

  /// The verified alignments, the best first, none twice.
  func alignments(_ query: Query, _ verifier: Verifier, _ effort: Effort) -> [Alignment] {
    let parameters = index.parameters
    var leads: [Lead] = []
    var ballot = Ballot(index)
    for warp in effort.warps {
      let landmarks = QueryLandmarks(
        query, grids: effort.grids, limit: effort.peaks, warp: warp, probes: effort.probes,
        parameters)
      for place in ballot.winners(landmarks, limit: parameters.candidates) {
        leads.append(Lead(place: place, warp: warp))
      }
    }
    // Sorting is not stable: the place breaks ties, so that answers repeat.
    leads.sort { ($0.place.votes, $1.place.start) > ($1.place.votes, $0.place.start) }
    var found: [Alignment] = []
    for lead in leads.prefix(parameters.candidates) {
      let recording = index.recording(at: lead.place.witness)
      let start = Int32(bitPattern: lead.place.start &- index.firstFrame(of: recording))
      let alignment = Alignment(recording: recording, start: Double(start), warp: lead.warp)
      let verified = verifier.verify(alignment, index.peaks(of: recording))
      if let same = found.firstIndex(where: { $0.isSame(as: verified) }) {
        if found[same].surprise < verified.surprise { found[same] = verified }
      } else {
        found.append(verified)
      }
    }
    return found.sorted { $0.surprise > $1.surprise }
  }
}

extension Alignment {
  /// Whether both lay the same stretch beside the query.
  func isSame(as other: Alignment) -> Bool {
    recording == other.recording && abs(start - other.start) < 6
      && abs(warp.speed - other.warp.speed) < 0.01
  }
}
