/// Exit statuses of the programs, as sysexits(3) names them.
public enum ExitStatus: Int32, Sendable {
  case success = 0
  case usage = 64
  case badInput = 65
  case noInput = 66
  case unavailable = 69
  case defect = 70
  case systemError = 71
  case cannotCreate = 73
  case inputOutput = 74
  case temporaryFailure = 75
  case permissionDenied = 77
  case configuration = 78
}

extension HarkError.Code {
  /// The status with which a program ends on this error.
  public var exitStatus: ExitStatus {
    switch self {
    case .invalidArgument: .usage
    case .invalidSetting: .configuration
    case .notFound: .noInput
    case .permissionDenied: .permissionDenied
    case .corrupt, .newerVersion, .unsupported, .notAnalysable, .tooLarge: .badInput
    case .locked, .timedOut: .temporaryFailure
    case .unavailable: .unavailable
    case .noSpace: .inputOutput
    case .system: .systemError
    case .defect: .defect
    }
  }
}
