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

  /// The recording that a file holds. Throws `notFound` for a file that the library does not know,
  /// `notAnalysable` for one that has no analysis and gets none, and `unavailable` for one that may have
  /// it later.
  func recording(inFileAt path: FilePath) async throws(HarkError) -> NamedRecording {
    guard let entry = try await file(at: path) else {
      throw HarkError(
        .notFound, "the library holds no file \(path.escaped)",
        remedy: "see `hark list` for what it holds, or send the audio itself")
    }
    guard let key = try await key(ofFileAt: path) else {
      guard !entry.waitsForAChange else {
        throw HarkError(
          .notAnalysable, "\(path.escaped) cannot be analysed",
          remedy: "it is tried again when it changes", cause: entry.failure?.message)
      }
      throw HarkError(
        .unavailable, "\(path.escaped) has no analysis: it is \(entry.state.rawValue)",
        remedy: entry.failure == nil ? "ask again when it is analysed" : nil,
        cause: entry.failure?.message)
    }
    return NamedRecording(key: key, name: path.escaped)
  }
}

extension FileEntry {
  /// Whether it is not analysed again, as long as it stays as it is.
  fileprivate var waitsForAChange: Bool {
    switch state {
    case .skipped: true
    case .failed: failure?.retry == .afterChange
    case .pending, .analysed, .offline: false
    }
  }
}
