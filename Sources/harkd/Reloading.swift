import Core
import Library
import Logging
import Server
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// Reads the settings again on SIGHUP. Bad settings change nothing and are logged.
struct Reloading: Service {
  let options: Options
  let settings: Settings
  let library: HarkLibrary
  let server: HarkServer
  let notifier: SystemdNotifier?
  let logger: Logger

  func run() async throws {
    var current = settings
    for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
      notifier?.reloading()
      do throws(HarkError) {
        let new = try await options.settings()
        try new.checkFolders()
        await apply(new, over: &current)
        logger.notice("settings are read again")
      } catch {
        logger.error("the settings stay as they were: \(error)")
      }
      notifier?.ready()
    }
  }

  /// Changes what can be changed now, in `current` too, and names the rest.
  private func apply(_ new: Settings, over current: inout Settings) async {
    var refused: Set<Setting> = []
    if new.logLevel != current.logLevel {
      JournalLogHandler.setLevel(new.logLevel)
      current.logLevel = new.logLevel
    }
    if new.watch != current.watch {
      do throws(HarkError) {
        try await library.watch(new.watch)
        tellFolders(new.watch, current.watch)
        current.watch = new.watch
      } catch {
        logger.error("the watched folders stay as they were: \(error)")
        refused.insert(.watch)
      }
    }
    if let model = new.model {
      do throws(HarkError) {
        // The same path may lead to another file by now, or to one that has been repaired.
        var stays = model == current.model
        if stays { stays = try await library.holdsModel(in: model) }
        if !stays { try await library.replaceModel(with: model) }
        current.model = model
      } catch {
        logger.error("the model stays as it was: \(error)")
        refused.insert(.model)
      }
    }
    if new.access != current.access {
      server.setAccess(new.access)
      current.allowUsers = new.allowUsers
      current.allowGroups = new.allowGroups
      current.controlUsers = new.controlUsers
      current.controlGroups = new.controlGroups
    }
    let waiting = new.differences(from: current).filter { !refused.contains($0) }
    if !waiting.isEmpty {
      let names = waiting.map(\.rawValue).joined(separator: ", ")
      logger.warning("changed, and in effect only when harkd is restarted: \(names)")
    }
  }

  /// What is dropped is told by the watcher, once it has let go of it.
  private func tellFolders(_ new: [FilePath], _ old: [FilePath]) {
    for folder in new where !old.contains(folder) {
      logger.notice("'\(folder.escaped)' is watched from now on")
    }
  }
}
