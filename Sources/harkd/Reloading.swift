import Core
import Library
import Logging
import Server
import ServiceLifecycle
import UnixSignals

/// Reads the settings again on SIGHUP. Bad settings change nothing and are logged.
struct Reloading: Service {
  let options: Options
  let settings: Settings
  let library: HarkLibrary
  let notifier: SystemdNotifier?
  let logger: Logger

  func run() async throws {
    var current = settings
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      notifier?.reloading()
      do throws(HarkError) {
        current = try await apply(try await options.settings(), over: current)
        logger.notice("settings are read again")
      } catch {
        logger.error("the settings stay as they were: \(error)")
      }
      notifier?.ready()
    }
  }

  private func apply(_ new: Settings, over old: Settings) async throws(HarkError) -> Settings {
    var applied = old
    if new.logLevel != old.logLevel {
      JournalLogHandler.setLevel(new.logLevel)
      applied.logLevel = new.logLevel
    }
    if new.model != old.model, let model = new.model {
      try await library.replaceModel(with: model)
      applied.model = model
    }
    let waiting = new.differences(from: applied)
    if !waiting.isEmpty {
      let names = waiting.map(\.rawValue).joined(separator: ", ")
      logger.warning("changed, and in effect only when harkd is restarted: \(names)")
    }
    return applied
  }
}
