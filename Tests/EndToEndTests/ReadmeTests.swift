import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What the README tells people to type works.
  @Suite struct ReadmeTests {
    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func examplesWork() async throws {
      let readme = try String(
        contentsOf: Golden.repository.appendingPathComponent("README.md"), encoding: .utf8)
      let examples = readme.matches(of: /(?ms)^```sh example\n(.*?)^```$/).map { String($0.1) }
      try #require(examples.count >= 5)

      // Stands in for the repository, and holds only the sounds that the examples name, and one more
      // beside two that are asked about and so are no answers.
      let home = try DaemonProcess.Home()
      let root = home.folder
      var sounds = Set(examples.joined().matches(of: /Audio\/[\w\/-]+\.\w+/).map { String($0.0) })
      sounds.insert("Audio/environment/clock.wav")
      for sound in sounds {
        try Clip.write(
          Data(contentsOf: Golden.repository.appendingPathComponent(sound)),
          root.appendingPathComponent(sound))
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(Array(sounds))

      let bash = try #require(ProgramRun.find("bash"))
      let programs = ProgramRun.built("hark").deletingLastPathComponent().path
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      for example in examples {
        let run = try await ProgramRun.run(
          bash, ["-euo", "pipefail", "-c", example],
          environment: ["HARK_SOCKET": home.socket.path, "PATH": "\(programs):\(path)"],
          directory: root)
        #expect(run.status == 0, "\(example)\(run.text)\(run.errors)")
        // curl ends with 0 on problem objects too.
        #expect(!run.text.contains(/"status":[45]\d\d/), "\(example)\(run.text)")
        if example.contains("similar") {
          #expect(run.text.contains(root.path), "no answer: \(example)\(run.text)")
        }
      }
      #expect(try await daemon.stop() == 0)
    }
  }
}
