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

  /// A seed as the daemon takes it.
  private enum Resolved {
    case known(Wire.Seed, id: String, duration: Double?)
    /// A file that the library does not know, or has not listened to yet.
    case unknown(PathArgument, why: String)
  }

  /// The daemon's answer, undecoded. Throws `notFound` for a seed that is neither in the library
  /// nor on disk, `invalidArgument` if the library does not know more than one.
  func ask(_ daemon: Daemon) async throws -> [UInt8] {
    var likeSeeds: [Resolved] = []
    for argument in like { likeSeeds.append(try await resolve(argument, daemon)) }
    var unlikeSeeds: [Resolved] = []
    for argument in unlike { unlikeSeeds.append(try await resolve(argument, daemon)) }
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
    return try await send(argument, why: why, daemon, like: likeSeeds, unlike: unlikeSeeds)
  }

  private func resolve(_ argument: SeedArgument, _ daemon: Daemon) async throws -> Resolved {
    switch argument {
    case .recording(let id):
      // The length is needed only for a stretch without an end.
      let needsLength = from != nil && to == nil
      let duration = needsLength ? try await daemon.recording(id.description).duration : nil
      return .known(Wire.Seed(id: id), id: id.description, duration: duration)
    case .file(let path):
      guard let file = try await daemon.file(named: path), let known = file.filePath else {
        return .unknown(path, why: "not in the library")
      }
      if let id = file.id {
        return .known(Wire.Seed(path: known), id: id, duration: file.duration)
      }
      if let failure = file.failure, file.state == .failed {
        throw HarkError(
          .corrupt, "\(known.escaped) could not be analysed", cause: failure.message)
      }
      return .unknown(path, why: "not analysed yet")
    }
  }

  /// Every seed is known.
  private func ask(
    _ daemon: Daemon, like: [Resolved], unlike: [Resolved]
  ) async throws -> [UInt8] {
    let likeSeeds = like.compactMap { seed -> Wire.Seed? in
      guard case .known(var seed, _, let duration) = seed else { return nil }
      if from != nil || to != nil {
        seed.from = from ?? 0
        seed.to = to ?? duration ?? Self.endless
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

  /// Sends the file's bytes. It is opened here, with the user's own rights.
  private func send(
    _ argument: PathArgument, why: String, _ daemon: Daemon, like: [Resolved], unlike: [Resolved]
  ) async throws -> [UInt8] {
    let (descriptor, byteCount) = try InputFile.open(argument.path)
    defer { try? descriptor.close() }
    Output.note("hark: \(argument.path.escaped) is \(why): listening to it now")
    var request = HTTPRequest(
      .POST, "/v1/similar", body: .file(descriptor, byteCount: byteCount))
    request.add("k", String(k))
    if from != nil || to != nil {
      request.add("from", String(from ?? 0))
      request.add("to", String(to ?? Self.endless))
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
    do {
      return try await daemon.answer(to: request)
    } catch let error as HarkError where error.code == .corrupt {
      // The daemon saw bytes without a name.
      throw HarkError(
        .corrupt, "\(argument.path.escaped) could not be analysed", remedy: error.remedy,
        cause: error.message)
    }
  }
}
