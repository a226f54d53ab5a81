import API
import Core
import SystemPackage

/// A query for similar recordings whose seeds are still arguments: finds out which of them the
/// library knows, and asks in the way that suits.
struct SeedQuery: Sendable {
  var like: [SeedArgument]
  var unlike: [SeedArgument]
  /// Seconds.
  var from: Double?
  /// Seconds; the recording's end when only ``from`` is given.
  var to: Double?
  var under: [FilePath]
  var k: Int

  /// Stands for "to the end" where the length is not known: longer than any recording.
  private static let endless = 1e7

  /// The end of a stretch that has none of its own. One that begins past the recording's end is the
  /// daemon's to refuse, which says why, and not that it is empty.
  private static func end(_ duration: Double?, after from: Double) -> Double {
    if let duration, duration > from { return duration }
    return max(endless, from * 2)
  }

  /// The daemon's answer, undecoded. Throws `notFound` for a seed that is neither in the library
  /// nor on disk, `invalidArgument` if the library does not know more than one, or does not know one
  /// of ``unlike`` where a stretch of the others is meant.
  func ask(_ daemon: Daemon) async throws -> [UInt8] {
    // A stretch without an end needs the length.
    let needsLength = from != nil && to == nil
    var likeSeeds: [ResolvedSeed] = []
    for argument in like {
      likeSeeds.append(try await daemon.resolve(argument, needsLength: needsLength))
    }
    var unlikeSeeds: [ResolvedSeed] = []
    for argument in unlike { unlikeSeeds.append(try await daemon.resolve(argument)) }
    let unknown = (likeSeeds + unlikeSeeds).compactMap { seed in
      if case .unknown(let argument, let why) = seed { (argument, why) } else { nil }
    }
    guard unknown.count <= 1 else {
      throw HarkError(
        .invalidArgument,
        "\(unknown[0].0.path.escaped) is \(unknown[0].1), "
          + "and \(unknown[1].0.path.escaped) is \(unknown[1].1): one such file can be asked about",
        remedy: "ask for one at a time, or put them into a folder that is watched")
    }
    guard let (argument, why) = unknown.first else {
      return try await ask(daemon, like: likeSeeds, unlike: unlikeSeeds)
    }
    // A stretch that comes with audio is the audio's own.
    let isUnlike = unlikeSeeds.contains { if case .unknown = $0 { true } else { false } }
    guard !isUnlike || (from ?? to) == nil else {
      throw HarkError(
        .invalidArgument,
        "--from and --to mean FILE; \(argument.path.escaped), which is to be unlike, is \(why), and "
          + "a query with a stretch cannot carry it",
        remedy: "put it into a folder that is watched, or leave the stretch out")
    }
    return try await send(argument, why: why, daemon, like: likeSeeds, unlike: unlikeSeeds)
  }

  /// Every seed is known.
  private func ask(
    _ daemon: Daemon, like: [ResolvedSeed], unlike: [ResolvedSeed]
  ) async throws -> [UInt8] {
    let likeSeeds = like.compactMap { seed -> Wire.Seed? in
      guard case .known(var seed, _, let duration) = seed else { return nil }
      if from != nil || to != nil {
        seed.from = from ?? 0
        seed.to = to ?? Self.end(duration, after: from ?? 0)
      }
      return seed
    }
    let unlikeSeeds = unlike.compactMap { seed -> Wire.Seed? in
      if case .known(let seed, _, _) = seed { seed } else { nil }
    }
    let request = Wire.SimilarRequest(
      like: likeSeeds, unlike: unlikeSeeds.isEmpty ? nil : unlikeSeeds,
      filter: under.isEmpty ? nil : Wire.Filter(under: under), k: k)
    return try await daemon.post("/v1/similar", request)
  }

  private func send(
    _ argument: PathArgument, why: String, _ daemon: Daemon, like: [ResolvedSeed],
    unlike: [ResolvedSeed]
  ) async throws -> [UInt8] {
    var request = HTTPRequest(.POST, "/v1/similar")
    request.add("k", String(k))
    if from != nil || to != nil {
      request.add("from", String(from ?? 0))
      request.add("to", String(to ?? Self.end(nil, after: from ?? 0)))
    }
    for (name, seeds) in [("like", like), ("unlike", unlike)] {
      for seed in seeds {
        switch seed {
        // Shorter than a path, which keeps the request line within bounds.
        case .known(_, let id, _): request.add(name, id)
        case .unknown: if name == "unlike" { request.add("role", "unlike") }
        }
      }
    }
    for directory in under { request.parameters.append(("under", directory.bytes)) }
    return try await daemon.answer(to: request, about: argument, why: why)
  }
}
