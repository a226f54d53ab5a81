import Core
import Foundation
import Library
import Logging
import Server
import ServiceLifecycle
import SystemPackage
import Workers

/// Puts the rooms together and runs them until a signal ends them.
struct Daemon {
  let options: Options
  private let environment = ProcessInfo.processInfo.environment

  init(_ options: Options) { self.options = options }

  func run() async throws {
    let settings = try await options.settings()
    let environment = environment
    JournalLogHandler.setLevel(settings.logLevel)
    let journal = JournalSocket(environment: environment)
    LoggingSystem.bootstrap { label in
      JournalLogHandler(label: label, environment: environment, journal: journal)
    }
    let logger = Logger(label: "harkd")
    try settings.checkFolders()
    // Taken first: whoever may not serve must not touch anything either.
    let listeners = try listeners(settings)
    let library = try await HarkLibrary(
      configuration: try configuration(settings), logger: logger)
    let server = HarkServer(
      library: library, listeners: listeners,
      configuration: serverConfiguration(settings, logger),
      logger: logger)
    let notifier = SystemdNotifier(environment: environment)
    var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
      .init(service: library),
      .init(service: ServerAfterLibrary(library: library, server: server, notifier: notifier)),
      .init(
        service: Reloading(
          options: options, settings: settings, library: library, server: server,
          notifier: notifier, logger: logger)),
    ]
    if let notifier { services.append(.init(service: SystemdService(notifier))) }
    var configuration = ServiceGroupConfiguration(
      services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = .seconds(20)
    logger.notice(
      "harkd \(HarkVersion.current) watches \(settings.watch.map(\.escaped).joined(separator: ", "))"
    )
    try await ServiceGroup(configuration: configuration).run()
    do throws(HarkError) {
      try library.close()
    } catch {
      // Nothing is lost: the next start reads SQLite's log.
      logger.warning("the catalogue was not closed in order: \(error)")
    }
    logger.notice("harkd has stopped")
  }

  private func listeners(_ settings: Settings) throws(HarkError) -> [SocketListener] {
    let inherited = try InheritedSockets.find(environment: environment)
    guard inherited.isEmpty else {
      var listeners: [SocketListener] = []
      for socket in inherited { listeners.append(try SocketListener(adopting: socket.descriptor)) }
      return listeners
    }
    var group: UInt32?
    if let name = settings.socketGroup {
      group = SystemAccount.group(name)
      guard group != nil else {
        throw HarkError(
          .invalidSetting, "socket-group: there is no group \(name)",
          remedy: "make it with groupadd, or choose another")
      }
    }
    return [try SocketListener(path: settings.socket, group: group)]
  }

  private func configuration(_ settings: Settings) throws(HarkError) -> LibraryConfiguration {
    var workers = WorkerPoolConfiguration(
      executable: try WorkerLocator().find(), models: [], precision: settings.precision,
      backlogWorkers: settings.workers, backlogNiceness: settings.workerNice,
      memoryLimit: UInt64(settings.workerMemory))
    workers.backlogIOIsIdle = settings.workerNice > 0
    return LibraryConfiguration(
      state: settings.state, roots: settings.watch,
      model: try model(settings),
      workers: workers, settle: settings.settle)
  }

  /// `nil` where no model file is to be found: then the one that was active goes on.
  private func model(_ settings: Settings) throws(HarkError) -> FilePath? {
    do throws(HarkError) {
      return try ModelLocator(explicit: settings.model, stateDirectory: settings.state).find()
    } catch  where error.code == .notFound && settings.model == nil {
      return nil
    }
  }

  private func serverConfiguration(
    _ settings: Settings, _ logger: Logger
  ) -> ServerConfiguration {
    var configuration = ServerConfiguration(spoolDirectory: settings.state)
    configuration.requestsPerUser = settings.maxRequests
    configuration.longAnswersPerUser = settings.maxUnreadAnswers
    configuration.maximumJSONBytes = settings.maxRequest
    configuration.maximumAudioBytes = Int64(settings.maxAudio)
    // Index files, workers and watches need descriptors, too.
    let room = DescriptorLimit.raise(to: 4 * settings.maxConnections) / 2
    if room < settings.maxConnections {
      logger.warning(
        """
        max-connections is \(room), not \(settings.maxConnections): this process may have only \
        \(2 * room) descriptors; raise LimitNOFILE
        """)
    }
    configuration.maximumConnections = max(1, min(room, settings.maxConnections))
    configuration.access = settings.access
    configuration.maximumAudioRequests = settings.maxAudioQuestions
    configuration.maximumEventStreams = settings.maxEventStreams
    configuration.bodyTimeout = .seconds(settings.requestTimeout)
    configuration.writeTimeout = .seconds(settings.answerTimeout)
    configuration.idleTimeout = .seconds(settings.idleTimeout)
    return configuration
  }
}

extension Settings {
  /// Who may ask and control.
  var access: AccessRules {
    AccessRules(
      asking: Accounts(users: allowUsers, groups: allowGroups),
      control: Accounts(users: controlUsers, groups: controlGroups))
  }
}

/// Opens the door once there is somebody to answer, and tells systemd so.
private struct ServerAfterLibrary: Service {
  let library: HarkLibrary
  let server: HarkServer
  let notifier: SystemdNotifier?

  func run() async throws {
    try await library.waitUntilReady()
    notifier?.ready(status: "watching")
    try await server.run()
  }
}
