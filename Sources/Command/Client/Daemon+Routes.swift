import API
import Core
import SystemPackage

extension Daemon {
  /// `GET /v1/status`.
  func status() async throws -> Wire.Status {
    try WireJSON.decode(Wire.Status.self, from: try await answer(to: .status))
  }

  /// One page of `GET /v1/files`.
  func files(
    states: [FileEntry.State], under: FilePath?, limit: Int, cursor: String?
  ) async throws -> Wire.Files {
    var request = HTTPRequest(.GET, "/v1/files")
    for state in states { request.add("state", state.rawValue) }
    if let under { request.parameters.append(("under", under.bytes)) }
    request.add("limit", String(limit))
    request.add("cursor", cursor)
    return try WireJSON.decode(Wire.Files.self, from: try await answer(to: request))
  }

  /// The library's file at exactly `path`; `nil` if it knows none.
  func file(at path: FilePath) async throws -> Wire.File? {
    let request = HTTPRequest(.GET, "/v1/files", parameters: [("path", path.bytes)])
    do {
      return try WireJSON.decode(Wire.Files.self, from: try await answer(to: request)).files.first
    } catch let error as HarkError where error.code == .notFound {
      return nil
    }
  }

  /// The library's file that an argument names, by its real path or its letters.
  func file(named argument: PathArgument) async throws -> Wire.File? {
    for path in argument.candidates() {
      if let file = try await file(at: path) { return file }
    }
    return nil
  }

  /// `GET /v1/recordings/{id}`.
  func recording(_ id: String) async throws -> Wire.Recording {
    let request = HTTPRequest(.GET, "/v1/recordings/\(PercentEncoding.value(id.utf8))")
    return try WireJSON.decode(Wire.Recording.self, from: try await answer(to: request))
  }

  /// `GET /v1/recordings/{id}/tags`.
  func tags(ofRecording id: String) async throws -> Wire.TagAnswer {
    let request = HTTPRequest(.GET, "/v1/recordings/\(PercentEncoding.value(id.utf8))/tags")
    return try WireJSON.decode(Wire.TagAnswer.self, from: try await answer(to: request))
  }

  /// The tags of whatever an argument names; a file that the library does not know is listened to.
  func tags(of argument: SeedArgument) async throws -> Wire.TagAnswer {
    let bytes: [UInt8]
    switch try await resolve(argument) {
    case .known(let seed, _, _): bytes = try await post("/v1/tags", Wire.TagRequest(seed))
    case .unknown(let file, let why):
      bytes = try await answer(to: HTTPRequest(.POST, "/v1/tags"), about: file, why: why)
    }
    var answer = try WireJSON.decode(Wire.TagAnswer.self, from: bytes)
    // The daemon does not learn what the bytes are called here.
    if answer.query.path == nil, case .file(let file) = argument {
      answer.query.setPath(file.absolute())
    }
    return answer
  }

  /// `GET /v1/models`.
  func models() async throws -> [Wire.Model] {
    let request = HTTPRequest(.GET, "/v1/models")
    return try WireJSON.decode(Wire.Models.self, from: try await answer(to: request)).models
  }

  /// `POST` of a JSON object; the answer undecoded.
  func post(_ path: String, _ value: some Encodable) async throws -> [UInt8] {
    try await answer(to: HTTPRequest(.POST, path, body: .json(try WireJSON.encode(value))))
  }
}

extension HTTPRequest {
  static var status: HTTPRequest { HTTPRequest(.GET, "/v1/status") }
}
