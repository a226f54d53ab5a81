import API
import Core

/// What the daemon's refusals become.
enum Problem {
  /// The error that an answer which is no success stands for: the problem object's own words, or
  /// what the status alone tells.
  static func error(of answer: HTTPAnswer) -> HarkError {
    if answer.contentType.hasPrefix(Wire.Problem.mediaType)
      || answer.contentType.hasPrefix("application/json"),
      let problem = try? WireJSON.decode(Wire.Problem.self, from: answer.body)
    {
      return problem.error
    }
    return HarkError(
      code(status: answer.status), "the daemon answered with HTTP status \(answer.status)",
      remedy: "its log says more")
  }

  private static func code(status: Int) -> HarkError.Code {
    switch status {
    case 401, 403: .permissionDenied
    case 404: .notFound
    case 408, 504: .timedOut
    case 413, 431: .tooLarge
    case 415: .unsupported
    case 429, 503: .unavailable
    case 507: .noSpace
    case 400..<500: .invalidArgument
    default: .defect
    }
  }
}
