import API
import Foundation
import SystemPackage
import TestSupport
import Testing

extension EndToEnd {
  /// Somebody cuts off files of the state directory under the daemon.
  @Suite struct ShrinkingTests {
    private static let word = "was cut short, or its disk failed, while it was read"

    /// What every query reads is gone between two looks at its length.
    @Test func whoseMapIsCutShortEndsWithAWord() async throws {
      let home = try DaemonProcess.Home()
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("a.wav"))
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      // The catalogue's own map, whose length nobody checks.
      let map = home.state.appendingPathComponent("catalogue.sqlite-shm")
      try FileHandle(forUpdating: map).truncate(atOffset: 0)
      _ = try await daemon.hark("list")
      #expect(try await daemon.process.waitForExit() == -SIGBUS)
      #expect(home.logText.contains(Self.word))
      let next = try await DaemonProcess.start(home)
      try await next.untilAnalysed(["a.wav"])
      #expect(try await next.stop() == 0)
    }

    /// Cut short and put back, again and again, under queries: each answer is right or a problem, or the
    /// daemon ends, and says why.
    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func answersAreRightOrNone() async throws {
      let home = try DaemonProcess.Home()
      let names = (0..<4).map { "\($0).wav" }
      for (seed, name) in names.enumerated() {
        try Clip.write(
          Clip.scene(seed: UInt64(seed), seconds: 2), home.folder.appendingPathComponent(name))
      }
      var daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)
      let questions = try [nil, 0.0].map { from in
        let path = FilePath(daemon.path(names[0]))
        let seed = Wire.Seed(path: path, from: from, to: from.map { $0 + 1 })
        return String(
          decoding: try WireJSON.encode(Wire.SimilarRequest(like: [seed], k: 9)), as: UTF8.self)
      }
      func ask(_ question: String) async throws -> ProgramRun {
        try await daemon.curl(
          "/v1/similar", "--header", "Content-Type: application/json", "--data", question)
      }
      func results(_ run: ProgramRun) -> [Wire.SimilarResult]? {
        (try? WireJSON.decode(Wire.SimilarAnswer.self, from: run.output))?.results
      }
      var right: [[Wire.SimilarResult]] = []
      for question in questions { right.append(try #require(results(try await ask(question)))) }
      #expect(right.allSatisfy { $0.count == 3 })

      let files = try FileManager.default.contentsOfDirectory(
        at: home.state, includingPropertiesForKeys: nil
      ).filter { $0.lastPathComponent.wholeMatch(of: /(recordings|segments)-.*\.hark/) != nil }
      #expect(files.count == 2)
      let shrinking = Task.detached {
        let contents = try files.map { try Data(contentsOf: $0) }
        let handles = try files.map { try FileHandle(forUpdating: $0) }
        while !Task.isCancelled {
          for handle in handles { try handle.truncate(atOffset: 4_096) }
          usleep(700)
          for (handle, content) in zip(handles, contents) {
            try handle.seek(toOffset: 4_096)
            try handle.write(contentsOf: content.dropFirst(4_096))
          }
          usleep(2_000)
        }
      }
      var (answers, problems, ends) = (0, 0, 0)
      for round in 0..<120 {
        let run = try await ask(questions[round % 2])
        if let found = results(run) {
          #expect(found == right[round % 2], "round \(round)")
          answers += 1
        } else if let problem = try? WireJSON.decode(Wire.Problem.self, from: run.output) {
          #expect(problem.code == "corrupt", "\(problem)")
          problems += 1
        } else {
          #expect(try await daemon.process.waitForExit() == -SIGBUS)
          #expect(home.logText.contains(Self.word))
          ends += 1
          break
        }
      }
      shrinking.cancel()
      try await shrinking.value
      print("\(answers) answers, \(problems) problems, \(ends) ends")
      if !daemon.process.isRunning { daemon = try await DaemonProcess.start(home) }
      try await daemon.untilAnalysed(names)
      for (question, right) in zip(questions, right) {
        #expect(results(try await ask(question)) == right)
      }
      #expect(try await daemon.stop() == 0)
    }
  }
}
