import Core

/// Every key that may stand in a settings file, in the environment or, as a flag, on the command
/// line. `systemd/hark.yaml` documents them for people; a test holds the two together.
enum Setting: String, CaseIterable, Sendable {
  case watch
  case state
  case socket
  case socketGroup = "socket-group"
  case allowUsers = "allow-users"
  case allowGroups = "allow-groups"
  case controlUsers = "control-users"
  case controlGroups = "control-groups"
  case model
  case precision
  case workers
  case workerMemory = "worker-memory"
  case workerNice = "worker-nice"
  case settle
  case logLevel = "log-level"
  case maxConnections = "max-connections"
  case maxRequests = "max-requests"
  case maxUnreadAnswers = "max-unread-answers"
  case maxRequest = "max-request"
  case maxAudio = "max-audio"
  case maxAudioQuestions = "max-audio-questions"
  case maxEventStreams = "max-event-streams"
  case requestTimeout = "request-timeout"
  case answerTimeout = "answer-timeout"
  case idleTimeout = "idle-timeout"

  /// The environment variable: `HARK_` and the key in capitals, with `_` for `-`.
  var environmentVariable: String {
    "HARK_" + rawValue.uppercased().replacing("-", with: "_")
  }

  /// What may be given, for error messages and `--help`.
  var allowed: String {
    switch self {
    case .watch: "a list of absolute directories"
    case .state, .socket, .model: "an absolute path"
    case .socketGroup: "the name of a group"
    case .allowUsers, .controlUsers: "a list of this system's users, by name or number"
    case .allowGroups, .controlGroups: "a list of this system's groups, by name or number"
    case .precision: "auto, f32, bf16 or int8"
    case .workers: "a number from 1 to 256"
    case .workerMemory: "MiB, from 256 to 65536"
    case .workerNice: "a number from 0 to 19"
    case .settle: "seconds, from 0 to 60"
    case .logLevel: "trace, debug, info, notice, warning, error or critical"
    case .maxConnections: "a number from 1 to 65536"
    case .maxRequests, .maxUnreadAnswers: "a number from 1 to 1024"
    case .maxRequest: "KiB, from 1 to 65536"
    case .maxAudio: "MiB, from 1 to 1048576"
    case .maxAudioQuestions: "a number from 1 to 256"
    case .maxEventStreams: "a number from 1 to 65536"
    case .requestTimeout, .answerTimeout, .idleTimeout: "seconds, from 1 to 3600"
    }
  }

  /// Whether it may be given several values.
  var isList: Bool {
    switch self {
    case .watch, .allowUsers, .allowGroups, .controlUsers, .controlGroups: true
    default: false
    }
  }
}
