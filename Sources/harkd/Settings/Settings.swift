import Core
import Logging
import SystemPackage

/// The daemon's settings, typed and checked.
struct Settings: Sendable, Equatable {
  var watch: [FilePath] = []
  var state: FilePath
  var socket: FilePath
  /// Group of the socket file; `nil` leaves it to the process.
  var socketGroup: String?
  /// Who may ask, among those whom the socket lets in; empty: all of them.
  var allowUsers: Set<UInt32> = []
  var allowGroups: Set<UInt32> = []
  /// Who may control the daemon; empty: whoever may ask.
  var controlUsers: Set<UInt32> = []
  var controlGroups: Set<UInt32> = []
  /// `nil` looks in the usual places.
  var model: FilePath?
  /// `nil` lets the CPU decide.
  var precision: Precision?
  var workers: Int
  /// Bytes that one worker may use.
  var workerMemory = 1024 << 20
  var workerNice = 19
  /// Seconds for which a file must stay as it is before it is analysed.
  var settle = 0.5
  var logLevel = Logger.Level.info
  var maxConnections = 512
  /// Requests of one user that are carried out at the same time.
  var maxRequests: Int
  /// Long answers that one user may leave unread.
  var maxUnreadAnswers = 16
  /// Bytes of a JSON request.
  var maxRequest = 1 << 20
  /// Bytes of audio that comes with a query.
  var maxAudio = 2 << 30
  /// Questions with audio at the same time.
  var maxAudioQuestions = 4
  var maxEventStreams = 64
  /// Seconds for a request to arrive.
  var requestTimeout = 60.0
  /// Seconds that an answer may stay unread.
  var answerTimeout = 30.0
  /// Seconds that a connection may be silent.
  var idleTimeout = 60.0
}

extension Settings {
  /// Throws `invalidSetting` if there is no folder to watch.
  func checkFolders() throws(HarkError) {
    guard watch.isEmpty else { return }
    throw HarkError(
      .invalidSetting, "there is no folder to watch",
      remedy: "give one with --watch DIR, or list some under `watch:` in hark.yaml")
  }

  /// The settings whose values differ between `self` and `other`.
  func differences(from other: Settings) -> [Setting] {
    func differs<Value: Equatable>(_ value: KeyPath<Settings, Value>) -> Bool {
      self[keyPath: value] != other[keyPath: value]
    }
    return Setting.allCases.filter { setting in
      switch setting {
      case .watch: differs(\.watch)
      case .state: differs(\.state)
      case .socket: differs(\.socket)
      case .socketGroup: differs(\.socketGroup)
      case .allowUsers: differs(\.allowUsers)
      case .allowGroups: differs(\.allowGroups)
      case .controlUsers: differs(\.controlUsers)
      case .controlGroups: differs(\.controlGroups)
      case .model: differs(\.model)
      case .precision: differs(\.precision)
      case .workers: differs(\.workers)
      case .workerMemory: differs(\.workerMemory)
      case .workerNice: differs(\.workerNice)
      case .settle: differs(\.settle)
      case .logLevel: differs(\.logLevel)
      case .maxConnections: differs(\.maxConnections)
      case .maxRequests: differs(\.maxRequests)
      case .maxUnreadAnswers: differs(\.maxUnreadAnswers)
      case .maxRequest: differs(\.maxRequest)
      case .maxAudio: differs(\.maxAudio)
      case .maxAudioQuestions: differs(\.maxAudioQuestions)
      case .maxEventStreams: differs(\.maxEventStreams)
      case .requestTimeout: differs(\.requestTimeout)
      case .answerTimeout: differs(\.answerTimeout)
      case .idleTimeout: differs(\.idleTimeout)
      }
    }
  }

  /// Reads every setting from the first of `sources` that names it, or takes the default.
  ///
  /// Throws `invalidSetting` naming the source, the key and what is allowed.
  init(sources: [SettingsSource], defaults: DefaultPaths, cores: Int) throws(HarkError) {
    state = defaults.state
    socket = defaults.socket
    workers = max(1, cores)
    maxRequests = max(2, cores)
    for setting in Setting.allCases {
      for source in sources {
        guard let values = try source.values(of: setting) else { continue }
        guard take(setting, values) else {
          throw HarkError(
            .invalidSetting,
            "\(source.describe(setting)): \(refused(setting, values)) is not \(setting.allowed)",
            remedy: "give \(setting.allowed)")
        }
        break
      }
    }
  }

  /// The values to blame, as an error names them.
  private func refused(_ setting: Setting, _ values: [String]) -> String {
    let bad =
      switch setting {
      case .allowUsers, .controlUsers: values.filter { SystemAccount.user($0) == nil }
      case .allowGroups, .controlGroups: values.filter { SystemAccount.group($0) == nil }
      default: values
      }
    return ArgumentBytes.escaped(bad.joined(separator: ", "))
  }

  /// Whether the values are what the setting allows.
  private mutating func take(_ setting: Setting, _ values: [String]) -> Bool {
    let text = values.last ?? ""
    switch setting {
    case .watch:
      watch = values.map { ArgumentBytes.path(of: $0).lexicallyNormalized() }
      return !values.isEmpty && watch.allSatisfy(\.isAbsolute)
    case .state: return take(path: text, into: \.state)
    case .socket: return take(path: text, into: \.socket)
    case .socketGroup:
      socketGroup = text
      return !text.isEmpty
    case .allowUsers: return take(values, SystemAccount.user, into: \.allowUsers)
    case .allowGroups: return take(values, SystemAccount.group, into: \.allowGroups)
    case .controlUsers: return take(values, SystemAccount.user, into: \.controlUsers)
    case .controlGroups: return take(values, SystemAccount.group, into: \.controlGroups)
    case .model:
      model = ArgumentBytes.path(of: text).lexicallyNormalized()
      return model?.isAbsolute == true
    case .precision:
      precision = Precision(rawValue: text)
      return precision != nil || text == "auto"
    case .workers: return take(text, 1...256, scale: 1, into: \.workers)
    case .workerMemory: return take(text, 256...65_536, scale: 1 << 20, into: \.workerMemory)
    case .workerNice: return take(text, 0...19, scale: 1, into: \.workerNice)
    case .settle: return take(text, 0...60, into: \.settle)
    case .logLevel:
      guard let level = Logger.Level(rawValue: text) else { return false }
      logLevel = level
      return true
    case .maxConnections: return take(text, 1...65_536, scale: 1, into: \.maxConnections)
    case .maxRequests: return take(text, 1...1024, scale: 1, into: \.maxRequests)
    case .maxUnreadAnswers: return take(text, 1...1024, scale: 1, into: \.maxUnreadAnswers)
    case .maxRequest: return take(text, 1...65_536, scale: 1 << 10, into: \.maxRequest)
    case .maxAudio: return take(text, 1...1_048_576, scale: 1 << 20, into: \.maxAudio)
    case .maxAudioQuestions: return take(text, 1...256, scale: 1, into: \.maxAudioQuestions)
    case .maxEventStreams: return take(text, 1...65_536, scale: 1, into: \.maxEventStreams)
    case .requestTimeout: return take(text, 1...3600, into: \.requestTimeout)
    case .answerTimeout: return take(text, 1...3600, into: \.answerTimeout)
    case .idleTimeout: return take(text, 1...3600, into: \.idleTimeout)
    }
  }

  private mutating func take(
    _ names: [String], _ number: (String) -> UInt32?,
    into place: WritableKeyPath<Settings, Set<UInt32>>
  ) -> Bool {
    let numbers = names.compactMap(number)
    self[keyPath: place] = Set(numbers)
    return numbers.count == names.count
  }

  private mutating func take(
    path text: String, into place: WritableKeyPath<Settings, FilePath>
  ) -> Bool {
    let path = ArgumentBytes.path(of: text).lexicallyNormalized()
    self[keyPath: place] = path
    return path.isAbsolute
  }

  private mutating func take(
    _ text: String, _ range: ClosedRange<Int>, scale: Int,
    into place: WritableKeyPath<Settings, Int>
  ) -> Bool {
    guard let number = Int(text), range.contains(number) else { return false }
    self[keyPath: place] = number * scale
    return true
  }

  private mutating func take(
    _ text: String, _ range: ClosedRange<Double>, into place: WritableKeyPath<Settings, Double>
  ) -> Bool {
    guard let number = Double(text), range.contains(number) else { return false }
    self[keyPath: place] = number
    return true
  }
}
