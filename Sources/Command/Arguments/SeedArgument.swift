import ArgumentParser
import Core

/// What a query is like: a recording by its id, or a file.
enum SeedArgument: ExpressibleByArgument, Hashable, Sendable {
  case recording(RecordingID)
  case file(PathArgument)

  /// 64 hexadecimal digits are an id; a file of such a name is reached as `./NAME`.
  init?(argument: String) {
    if let id = RecordingID(argument) {
      self = .recording(id)
    } else if let path = PathArgument(argument: argument) {
      self = .file(path)
    } else {
      return nil
    }
  }

  static var defaultCompletionKind: CompletionKind { .file() }
}
