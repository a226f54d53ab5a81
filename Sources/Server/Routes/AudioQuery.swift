import Core
import Library
import SystemPackage

/// A query whose audio is the body, and whose rest is in the URL.
struct AudioQuery: Sendable {
  private(set) var query: SimilarQuery
  private let range: TimeRange?
  private let isUnlike: Bool

  private static let idOrPath: JSONValue = [
    "type": "string", "pattern": "^(/[^\\u0000]*|[0-9a-fA-F]{64})$",
  ]

  /// What the URL may hold.
  static let parameters: [QueryParameter] =
    [
      QueryParameter(
        name: "k", description: "Recordings wanted.",
        schema: ["type": "integer", "minimum": 1, "maximum": 10_000, "default": 10]),
      .seconds("from", "Start of the stretch of the audio that is meant; goes with `to`."),
      .seconds("to", "End of that stretch."),
      QueryParameter(
        name: "role", description: "Which side the audio is on.",
        schema: ["type": "string", "enum": ["like", "unlike"], "default": "like"]),
      QueryParameter(
        name: "like", description: "A further recording that is meant, by its id or a file.",
        schema: idOrPath, isRepeatable: true),
      QueryParameter(
        name: "unlike", description: "A recording that is not meant, by its id or a file.",
        schema: idOrPath, isRepeatable: true),
      .seconds("min_duration", "Only recordings of at least this length."),
      .seconds("max_duration", "Only recordings of at most this length."),
    ] + QueryParameter.under(isRepeatable: true)

  init(_ parameters: QueryString) throws(HarkError) {
    var filter = SimilarQuery.Filter(under: try parameters.paths("under"))
    try filter.setDuration(
      try parameters.number("min_duration"), try parameters.number("max_duration"))
    query = SimilarQuery(
      like: try Self.seeds("like", parameters), unlike: try Self.seeds("unlike", parameters),
      filter: filter, k: try parameters.integer("k", in: 1...10_000) ?? 10)
    range = try TimeRange(
      try parameters.number("from"), try parameters.number("to"), place: "")
    switch try parameters.text("role") {
    case nil, "like": isUnlike = false
    case "unlike": isUnlike = true
    default: throw HarkError(.invalidArgument, "“role” must be like or unlike")
    }
    guard !isUnlike || !query.like.isEmpty else {
      throw HarkError(
        .invalidArgument, "with role=unlike the query is like nothing",
        remedy: "give “like” at least once")
    }
  }

  /// Puts the audio first among the seeds of its side.
  mutating func add(_ analysis: Analysis) {
    let seed = Seed(.analysis(analysis), range: range)
    if isUnlike {
      query.unlike.insert(seed, at: 0)
    } else {
      query.like.insert(seed, at: 0)
    }
  }

  private static func seeds(
    _ name: String, _ parameters: QueryString
  ) throws(HarkError) -> [Seed] {
    var seeds: [Seed] = []
    for value in parameters.bytes(name) {
      if value.first == UInt8(ascii: "/") {
        seeds.append(Seed(.file(try RequestPath.plain(value, name: name))))
      } else {
        let text = String(decoding: value, as: UTF8.self)
        seeds.append(Seed(.recording(try RecordingID(parsing: text, name: name))))
      }
    }
    return seeds
  }
}
