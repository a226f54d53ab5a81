import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Settings that change while the daemon runs.
  @Suite struct ReloadTests {
    /// A daemon that takes its folders from its settings file.
    private func settings(_ folders: [URL], _ more: String = "settle: 0.1\n") -> Data {
      let list = folders.map { "  - \($0.path)\n" }.joined()
      return Data("\(more)workers: 2\nwatch:\n\(list)".utf8)
    }

    private func arguments(_ home: DaemonProcess.Home) -> [String] {
      ["--state", home.state.path, "--socket", home.socket.path, "--config", home.settings.path]
    }

    /// Every file that the daemon knows, with its state.
    private func states(_ daemon: DaemonProcess) async throws -> [String: String] {
      try await daemon.files().mapValues(\.state.rawValue)
    }

    @Test func watchedFoldersComeAndGo() async throws {
      let home = try DaemonProcess.Home()
      let other = home.beside("other")
      let a = home.folder.appendingPathComponent("a.wav")
      let b = other.appendingPathComponent("sub/b.wav")
      try Clip.write(Clip.scene(seed: 1, seconds: 1), a)
      try Clip.write(Clip.scene(seed: 2, seconds: 1), b)
      try settings([home.folder]).write(to: home.settings)
      let daemon = try await DaemonProcess.start(home, arguments: arguments(home))
      try await daemon.untilAnalysed(["a.wav"])
      #expect(try await daemon.similar(a.path).results.isEmpty)

      // A new root is scanned, and watched.
      try settings([home.folder, other]).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the new root's file is analysed") {
        try await states(daemon) == [a.path: "analysed", b.path: "analysed"]
      }
      try await daemon.untilIdle()
      #expect(try await daemon.status().roots.map(\.path) == [home.folder.path, other.path])
      #expect(try await daemon.similar(a.path).results.map(\.path) == [b.path])
      let c = other.appendingPathComponent("c.wav")
      try Clip.write(Clip.scene(seed: 3, seconds: 1), c)
      try await eventually("the new root is watched") {
        try await states(daemon)[c.path] == "analysed"
      }
      let known = try await daemon.files()

      // One that covers another, and back: nothing goes offline, nothing is analysed.
      try settings([home.folder, other.appendingPathComponent("sub"), other])
        .write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the root in a root is listed") {
        try await daemon.status().roots.count == 3
      }
      try await daemon.untilIdle()
      #expect(try await daemon.files() == known)

      // A root that is left out: its files are offline, and nothing is deleted.
      try settings([home.folder]).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the dropped root's files are offline") {
        try await states(daemon) == [a.path: "analysed", b.path: "offline", c.path: "offline"]
      }
      #expect(try await daemon.status().roots.map(\.path) == [home.folder.path])
      #expect(try await daemon.status().recordings == 3)
      #expect(try await daemon.similar(a.path).results.isEmpty)
      #expect(home.logText.contains("'\(other.path)' is watched no more"))
      // What changes there now is nobody's business.
      try FileManager.default.removeItem(at: c)
      #expect(try await daemon.hark("rescan").status == 0)
      try await daemon.untilIdle()
      #expect(try await states(daemon)[c.path] == "offline")

      // Back again: known without an analysis; what was deleted meanwhile is gone.
      try settings([other, home.folder]).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the files are back") {
        try await states(daemon) == [a.path: "analysed", b.path: "analysed"]
      }
      try await daemon.untilIdle()
      #expect(try await daemon.files()[b.path] == known[b.path])
      #expect(try await daemon.similar(a.path).results.map(\.path) == [b.path])
      #expect(try await daemon.status().analysedSinceStart == 3)
      #expect(try await daemon.stop() == 0)
    }

    @Test func noFolderAtAllIsAMistake() async throws {
      let home = try DaemonProcess.Home()
      let a = home.folder.appendingPathComponent("a.wav")
      try Clip.write(Clip.tone(440), a)
      try settings([home.folder]).write(to: home.settings)
      let daemon = try await DaemonProcess.start(home, arguments: arguments(home))
      try await daemon.untilAnalysed(["a.wav"])
      try Data("settle: 0.1\nworkers: 2\n".utf8).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the mistake is told") {
        home.logText.contains("the settings stay as they were: there is no folder to watch")
      }
      // A model that is not there: said, and what else changed is taken.
      try settings(
        [home.folder, home.beside("more")], "model: /nowhere.safetensors\nsettle: 0.2\n"
      )
      .write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the model is refused") {
        home.logText.contains("the model stays as it was")
      }
      try await eventually("the folder is taken") {
        try await daemon.status().roots.count == 2
      }
      #expect(try await states(daemon) == [a.path: "analysed"])
      #expect(try await daemon.stop() == 0)
    }
  }
}
