import API
import Core

extension Daemon {
  /// All of `GET /v1/duplicates`, page after page. `progress` is told how far the comparison is, about
  /// once a second.
  func duplicates(
    _ progress: (_ compared: Int, _ recordings: Int) -> Void
  ) async throws -> Wire.DuplicateAnswer {
    var answer = try await duplicates(cursor: nil)
    while !answer.isComplete {
      progress(answer.compared, answer.recordings)
      answer = try await duplicates(cursor: nil)
    }
    while let cursor = answer.cursor {
      let page = try await duplicates(cursor: cursor)
      // A comparison that began meanwhile would make a second list out of what is left of the first.
      guard page.isComplete else { return try await duplicates(progress) }
      answer.groups += page.groups
      answer.cursor = page.cursor
    }
    return answer
  }

  private func duplicates(cursor: String?) async throws -> Wire.DuplicateAnswer {
    var request = HTTPRequest(.GET, "/v1/duplicates")
    request.add("wait", "1")
    request.add("limit", "10000")
    request.add("cursor", cursor)
    return try WireJSON.decode(
      Wire.DuplicateAnswer.self, from: try await answer(to: request))
  }
}
