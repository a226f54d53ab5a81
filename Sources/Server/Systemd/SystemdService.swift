import ServiceLifecycle
import Threads

/// Gives the service manager's watchdog its signs of life, and tells it when stopping begins.
///
/// `READY=1` is the wiring's to send, since it alone knows when everything runs.
public struct SystemdService: Service {
  private let notifier: SystemdNotifier
  private let isHealthy: @Sendable () async -> Bool

  /// - Parameter isHealthy: asked before every sign of life; while it does not answer `true`, none is
  ///   sent, and the service manager starts the daemon anew.
  public init(
    _ notifier: SystemdNotifier, isHealthy: @escaping @Sendable () async -> Bool = { true }
  ) {
    self.notifier = notifier
    self.isHealthy = isHealthy
  }

  public func run() async throws {
    await withGracefulShutdownHandler {
      if let watchdog = notifier.watchdog {
        // Half of what the watchdog allows, as sd_watchdog_enabled(3) recommends.
        try? await cancelWhenGracefulShutdown { try await keepAlive(every: watchdog / 2) }
      } else {
        try? await gracefulShutdown()
      }
    } onGracefulShutdown: {
      notifier.stopping(status: "finishing what is under way")
    }
  }

  private func keepAlive(every interval: Duration) async throws {
    while true {
      if await isHealthy() { notifier.alive() }
      try await Alarm.sleep(for: interval)
    }
  }
}
