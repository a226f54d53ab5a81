import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A reload looks at the model's file, not at its path alone.
  @Suite struct ModelReloadTests {
    /// A daemon with one recording, and the model file that its settings name.
    private static func start(
      _ home: DaemonProcess.Home, model: URL
    ) async throws -> DaemonProcess {
      try LabelledModel.bare("first").write(to: model)
      try home.set(model: model)
      try Clip.write(
        Clip.scene(seed: 60, seconds: 1.5), home.folder.appendingPathComponent("a.wav"))
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      return daemon
    }

    /// A network of another width, so that it gives other embeddings.
    private static func second(_ url: URL) throws {
      var writer = FormulaModel.hark(widths: [6, 8, 8, 10, 12, 12])
      writer.metadata["name"] = "second"
      try writer.write(to: url)
    }

    private func roles(_ daemon: DaemonProcess) async throws -> [String] {
      try await daemon.status().models.map { "\($0.name) \($0.role)" }
    }

    @Test func anotherFileUnderTheSamePathTakesOver() async throws {
      let home = try DaemonProcess.Home()
      let model = home.beside("m.safetensors")
      let daemon = try await Self.start(home, model: model)

      // The same file: nothing is loaded.
      let loads = home.logText.components(separatedBy: "model first (").count
      daemon.process.send(SIGHUP)
      try await eventually("the settings are read") {
        home.logText.contains("settings are read again")
      }
      #expect(home.logText.components(separatedBy: "model first (").count == loads)

      let next = home.beside("next.safetensors")
      try Self.second(next)
      try #require(rename(next.path, model.path) == 0)
      daemon.process.send(SIGHUP)
      try await eventually("the new model answers") {
        try await roles(daemon) == ["first kept", "second active"]
      }
      #expect(try await daemon.stop() == 0)
    }

    @Test func aRepairedFileIsTakenAndTheWarningGoes() async throws {
      let home = try DaemonProcess.Home()
      let model = home.beside("m.safetensors")
      let daemon = try await Self.start(home, model: model)
      let before = try await daemon.status().models
      #expect(try await daemon.stop() == 0)

      let sound = try Data(contentsOf: model)
      try sound.prefix(sound.count / 2).write(to: model)
      let next = try await DaemonProcess.start(home)
      #expect(try await next.status().warnings.contains { $0.contains("m.safetensors") })
      try sound.write(to: model, options: .atomic)
      next.process.send(SIGHUP)
      try await eventually("the warning is gone") {
        try await !next.status().warnings.contains { $0.contains("m.safetensors") }
      }
      try await next.untilIdle()
      let status = try await next.status()
      #expect(status.models == before)
      #expect(status.analysedSinceStart == 0)
      #expect(try await next.stop() == 0)
    }

    /// The copy of the model that answers is made anew where its file is there still.
    @Test(arguments: [true, false])
    func aDamagedCopyBlocksNoNewModel(isOldFileThere: Bool) async throws {
      let home = try DaemonProcess.Home()
      let old = home.beside("old.safetensors")
      let daemon = try await Self.start(home, model: old)
      let id = try #require(try await daemon.status().models.first?.id)
      let copy = home.state.appendingPathComponent("model-copies/\(id).safetensors")
      let sound = try Data(contentsOf: copy)
      try sound.prefix(sound.count / 2).write(to: copy)
      if !isOldFileThere { try FileManager.default.removeItem(at: old) }

      let new = home.beside("new.safetensors")
      try Self.second(new)
      try home.set(model: new)
      daemon.process.send(SIGHUP)
      try await eventually("the new model answers") {
        try await roles(daemon) == ["first kept", "second active"]
      }
      #expect(home.logText.contains("is damaged and is removed"))
      #expect(!home.logText.contains("the model stays as it was"))
      #expect((try? Data(contentsOf: copy)) == (isOldFileThere ? sound : nil))
      #expect(try await daemon.stop() == 0)
    }
  }
}
