import API
import Core
import Library
import SystemPackage

/// How many seeds a query may have on each side.
private let maximumSeeds = 1_000

extension SimilarQuery {
  /// What a JSON query asks. Throws `invalidArgument` naming the key at fault.
  init(_ request: Wire.SimilarRequest) throws(HarkError) {
    guard !request.like.isEmpty else {
      throw HarkError(.invalidArgument, "“like” is empty", remedy: "name at least one recording")
    }
    let k = request.k ?? 10
    guard (1...10_000).contains(k) else {
      throw HarkError(.invalidArgument, "“k” must be from 1 to 10000")
    }
    self.init(
      like: try Self.seeds(request.like, name: "like"),
      unlike: try Self.seeds(request.unlike ?? [], name: "unlike"),
      filter: try Filter(request.filter ?? Wire.Filter()), k: k)
  }

  private static func seeds(
    _ seeds: [Wire.Seed], name: String
  ) throws(HarkError) -> [Library.Seed] {
    guard seeds.count <= maximumSeeds else {
      throw HarkError(.tooLarge, "“\(name)” has more than \(maximumSeeds) seeds")
    }
    var all: [Library.Seed] = []
    for (index, seed) in seeds.enumerated() {
      all.append(try Library.Seed(seed, place: "\(name)[\(index)]"))
    }
    return all
  }
}

extension Library.Seed {
  init(_ seed: Wire.Seed, place: String) throws(HarkError) {
    let path = try RequestPath.one(
      seed.path, base64: seed.pathBase64, name: "\(place).path")
    let range = try TimeRange(seed.from, seed.to, place: "\(place).")
    switch (path, seed.id) {
    case (let path?, nil): self.init(.file(path), range: range)
    case (nil, let id?):
      self.init(.recording(try RecordingID(parsing: id, name: "\(place).id")), range: range)
    default:
      throw HarkError(
        .invalidArgument, "“\(place)” must have one of “path”, “path_base64” and “id”")
    }
  }
}

extension TimeRange {
  /// A stretch whose ends are both there; `nil` if neither is.
  init?(_ from: Double?, _ to: Double?, place: String) throws(HarkError) {
    switch (from, to) {
    case (nil, nil): return nil
    case (let from?, let to?): try self.init(from: from, to: to)
    default:
      throw HarkError(
        .invalidArgument, "“\(place)from” and “\(place)to” go together",
        remedy: "give both, in seconds, or neither")
    }
  }
}

extension SimilarQuery.Filter {
  init(_ filter: Wire.Filter) throws(HarkError) {
    self.init()
    for text in filter.under ?? [] {
      under.append(try RequestPath.plain(text.utf8, name: "filter.under"))
    }
    for text in filter.underBase64 ?? [] {
      under.append(try RequestPath.base64(text, name: "filter.under_base64"))
    }
    try setDuration(filter.duration?.min, filter.duration?.max)
  }

  mutating func setDuration(_ minimum: Double?, _ maximum: Double?) throws(HarkError) {
    guard minimum ?? 0 >= 0, maximum ?? 0 >= 0, minimum ?? 0 <= maximum ?? .infinity else {
      throw HarkError(
        .invalidArgument, "the bounds of the duration leave nothing",
        remedy: "give 0 ≤ least ≤ greatest, in seconds")
    }
    minimumDuration = minimum
    maximumDuration = maximum
  }
}

extension Wire.SimilarEcho {
  init(_ query: SimilarQuery, _ answer: SimilarAnswer, audio: Analysis?) {
    self.init(
      like: query.like.map(Wire.Seed.init), unlike: query.unlike.map(Wire.Seed.init),
      filter: Wire.Filter(
        under: query.filter.under,
        duration: query.filter.minimumDuration == nil && query.filter.maximumDuration == nil
          ? nil
          : Wire.DurationBounds(
            min: query.filter.minimumDuration, max: query.filter.maximumDuration)),
      k: query.k, byMoment: answer.isByMoment, model: Wire.ModelName(answer.model),
      audio: audio.map(Wire.QueryAudio.init))
  }
}

extension Wire.Seed {
  init(_ seed: Library.Seed) {
    switch seed.source {
    case .recording(let id): self.init(id: id, from: seed.range?.from, to: seed.range?.to)
    case .file(let path): self.init(path: path, from: seed.range?.from, to: seed.range?.to)
    case .analysis(let analysis):
      self.init(id: analysis.recording, from: seed.range?.from, to: seed.range?.to)
    }
  }
}
