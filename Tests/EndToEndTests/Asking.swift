import API
import Foundation
import TestSupport
import Testing

/// What tests ask of a daemon, always through `hark` or `curl`.
extension DaemonProcess {
  func status() async throws -> Wire.Status {
    try decode(Wire.Status.self, try await hark("status", "--json"))
  }

  /// Every file that is audio or may be, by its path.
  func files(_ arguments: String...) async throws -> [String: Wire.File] {
    let list = try decode(Wire.Files.self, try await hark(["list", "--json"] + arguments))
    return Dictionary(uniqueKeysWithValues: list.files.map { ($0.path, $0) })
  }

  /// The file `name` of the watched folder; `nil` if the library does not know it.
  func file(_ name: String) async throws -> Wire.File? { try await files()[path(name)] }

  func path(_ name: String) -> String { home.folder.appendingPathComponent(name).path }

  func recordings() async throws -> [Wire.Recording] {
    try decode(Wire.Recordings.self, try await curl("/v1/recordings?limit=1000")).recordings
  }

  func similar(_ arguments: String...) async throws -> Wire.SimilarAnswer {
    try await similar(arguments)
  }

  func similar(_ arguments: [String]) async throws -> Wire.SimilarAnswer {
    try decode(Wire.SimilarAnswer.self, try await hark(["similar", "--json"] + arguments))
  }

  /// Waits until the library holds exactly the files `names` of the watched folder, all analysed,
  /// and has nothing to do.
  func untilAnalysed(_ names: [String]) async throws {
    let wanted = Set(names.map(path))
    try await eventually("the library holds \(names.sorted())") {
      let files = try await files()
      return Set(files.keys) == wanted && files.values.allSatisfy { $0.state == .analysed }
    }
    try await untilIdle()
  }

  func untilIdle() async throws {
    try await eventually("nothing is left to do") { try await status().idle }
  }

  func decode<Value: Decodable>(_ type: Value.Type, _ run: ProgramRun) throws -> Value {
    guard run.status == 0 else {
      throw Unmet(description: "exit status \(run.status): \(run.errors)")
    }
    return try WireJSON.decode(type, from: run.output)
  }
}
