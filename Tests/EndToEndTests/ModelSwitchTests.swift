import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A new model takes over once every recording is analysed for it, and the old one comes back at
  /// once.
  @Suite struct ModelSwitchTests {
    private static func model(
      _ name: String, widths: [Int], pooling: String, in home: DaemonProcess.Home
    ) throws -> URL {
      var writer = FormulaModel.hark(widths: widths)
      writer.metadata["name"] = name
      writer.metadata["pooling"] = pooling
      let url = home.beside(name + ".safetensors")
      try writer.write(to: url)
      return url
    }

    /// Right scores for all recordings but the seed, by one model alone.
    private func check(_ answer: Wire.SimilarAnswer, _ expected: [String: Double]) {
      #expect(Set(answer.results.map(\.id)) == Set(expected.keys))
      for result in answer.results {
        let score = expected[result.id] ?? .nan
        #expect(abs(result.score - score) < 1e-4, "\(result.path): \(result.score), \(score)")
      }
    }

    @Test func theOldModelAnswersUntilTheNewOneIsReadyAndComesBackAtOnce() async throws {
      let home = try DaemonProcess.Home()
      let old = try Self.model("old", widths: [4, 6, 8, 8, 10, 12], pooling: "mean", in: home)
      let new = try Self.model("new", widths: [6, 8, 8, 10, 12, 12], pooling: "loudness", in: home)
      var files: [URL] = []
      for index in 0..<16 {
        let file = home.folder.appendingPathComponent("\(index).wav")
        try Clip.write(Clip.scene(seed: UInt64(index), seconds: 2.5), file)
        files.append(file)
      }
      let byOld = try await BruteForce(files, model: old, in: home).pooled(like: [files[0]])
      let byNew = try await BruteForce(files, model: new, in: home).pooled(like: [files[0]])
      // The two are told apart by their scores.
      #expect(byOld.contains { abs($0.value - (byNew[$0.key] ?? 0)) > 1e-2 })

      try home.set(model: old)
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(files.map(\.lastPathComponent))
      let ask = [files[0].path, "-k", "100"]
      check(try await daemon.similar(ask), byOld)

      // While the new one comes in, every answer is the old one's, whole.
      try home.set(model: new)
      daemon.process.send(SIGHUP)
      var roles = Set<String>()
      try await eventually("the new model answers") {
        roles.formUnion(try await daemon.status().models.map { "\($0.name) \($0.role)" })
        let answer = try await daemon.similar(ask)
        check(answer, answer.query.model.name == "old" ? byOld : byNew)
        return answer.query.model.name == "new"
      }
      #expect(roles.contains("new incoming") && roles.contains("old active"), "\(roles)")
      try await daemon.untilIdle()
      let switched = try await daemon.status()
      #expect(switched.models.map { "\($0.name) \($0.role)" } == ["old kept", "new active"])
      #expect(switched.models.allSatisfy { $0.recordings == files.count })

      // A file that comes now is heard with the new one alone; the old one lacks it.
      let late = home.folder.appendingPathComponent("late.wav")
      try Clip.write(Clip.scene(seed: 99, seconds: 2.5), late)
      try await daemon.untilAnalysed((files + [late]).map(\.lastPathComponent))
      try FileManager.default.removeItem(at: late)
      try await daemon.untilAnalysed(files.map(\.lastPathComponent))

      // Back: the rows are there, so that it never has to come in.
      roles = []
      try home.set(model: old)
      daemon.process.send(SIGHUP)
      try await eventually("the old model answers again") {
        roles.formUnion(try await daemon.status().models.map { "\($0.name) \($0.role)" })
        return try await daemon.similar(ask).query.model.name == "old"
      }
      #expect(!roles.contains("old incoming"), "\(roles)")
      try await daemon.untilIdle()
      check(try await daemon.similar(ask), byOld)

      // And a restart keeps to what was chosen last.
      #expect(try await daemon.stop() == 0)
      let next = try await DaemonProcess.start(home)
      let again = try await next.similar(ask)
      #expect(again.query.model.name == "old")
      check(again, byOld)
      #expect(try await next.stop() == 0)
      let checked = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(checked.status == 0, "\(checked.text)\(checked.errors)")
    }
  }
}
