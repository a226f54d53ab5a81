import Catalogue
import Core
import SystemPackage

/// A recording of the library that a question names.
struct NamedRecording: Sendable {
  var key: RecordingKey
  /// As an error calls it.
  var name: String
}

extension Catalogue {
  /// Throws `notFound` for a recording that the library does not hold.
  func recording(named id: RecordingID) async throws(HarkError) -> NamedRecording {
    guard let key = try await key(of: id) else {
      throw HarkError(
        .notFound, "the library holds no recording \(id)",
        remedy: "see `hark list` for what it holds")
    }
    return NamedRecording(key: key, name: "recording \(id)")
  }

  /// The recording that a file holds. Throws `notFound` for a file that the library does not know, and
  /// `unavailable` for one that has no analysis.
  func recording(inFileAt path: FilePath) async throws(HarkError) -> NamedRecording {
    guard let entry = try await file(at: path) else {
      throw HarkError(
        .notFound, "the library holds no file \(path.escaped)",
        remedy: "see `hark list` for what it holds, or send the audio itself")
    }
    guard let key = try await key(ofFileAt: path) else {
      throw HarkError(
        .unavailable, "\(path.escaped) has no analysis: it is \(entry.state.rawValue)",
        remedy: entry.failure == nil ? "ask again when it is analysed" : nil,
        cause: entry.failure?.message)
    }
    return NamedRecording(key: key, name: path.escaped)
  }
}
