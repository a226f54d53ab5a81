import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Killed at random moments: nothing is lost, nothing is there twice.
  @Suite struct KillTests {
    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func survivesTwentyKills() async throws {
      var random = SplitMix64(seed: 20)
      let home = try DaemonProcess.Home()
      let check = ["--check"] + home.arguments
      var names: [String] = []
      for round in 0..<20 {
        let daemon = try DaemonProcess(home)
        for part in 0..<2 {
          let name = "\(round)-\(part).wav"
          // Now and then the same samples again, which share a recording.
          let hertz = round % 7 == 6 && part == 1 ? 200 : 200 + Double(names.count) * 31
          try Clip.write(Clip.tone(hertz, seconds: 0.3), home.folder.appendingPathComponent(name))
          names.append(name)
          try await Task.sleep(for: .milliseconds(Int(random.unit() * 1_000)))
        }
        try await daemon.kill()
      }
      let afterKill = try await ProgramRun.run(ProgramRun.built("harkd"), check)
      #expect(afterKill.status == 0, "\(afterKill.text)\(afterKill.errors)")

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)
      let survived = try await Contents(daemon, seeds: ["0-0.wav", "9-1.wav", "19-0.wav"])
      #expect(survived.recordings.count == 38)
      #expect(try await daemon.stop() == 0)
      let atRest = try await ProgramRun.run(ProgramRun.built("harkd"), check)
      #expect(atRest.status == 0, "\(atRest.text)\(atRest.errors)")
      #expect(atRest.text.contains("all is well (40 files, 38 recordings"), "\(atRest.text)")

      // A new state directory, and nobody kills it.
      try FileManager.default.removeItem(at: home.state)
      let fresh = try await DaemonProcess.start(home)
      try await fresh.untilAnalysed(names)
      let expected = try await Contents(fresh, seeds: ["0-0.wav", "9-1.wav", "19-0.wav"])
      #expect(survived == expected)
      #expect(try await fresh.stop() == 0)
    }
  }

  /// All that can be seen of a library, for comparison with another one's.
  private struct Contents: Equatable {
    var ids: [String: String?] = [:]
    var recordings: [String: [String]] = [:]
    var segments: Int
    /// Of every seed: who is like it and how much.
    var scores: [[String: Double]] = []

    init(_ daemon: DaemonProcess, seeds: [String]) async throws {
      ids = try await daemon.files().mapValues(\.id)
      let all = try await daemon.recordings()
      recordings = try Dictionary(
        all.map { ($0.id, $0.files.map(\.path)) },
        uniquingKeysWith: { _, _ in throw Unmet(description: "a recording is there twice") })
      segments = try await daemon.status().models.map(\.segments).reduce(0, +)
      for seed in seeds {
        let answer = try await daemon.similar(daemon.path(seed), "-k", "1000")
        scores.append(
          try Dictionary(
            answer.results.map { ($0.id, $0.score) },
            uniquingKeysWith: { _, _ in throw Unmet(description: "a result is there twice") }))
      }
    }
  }
}
