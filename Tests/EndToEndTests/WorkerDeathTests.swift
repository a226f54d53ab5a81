import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A worker that dies costs one file.
  @Suite struct WorkerDeathTests {
    private let home: DaemonProcess.Home
    private let long: URL

    /// A home with one file of four minutes of silence, which is quickly written, and takes as long as
    /// anything to analyse.
    init() throws {
      home = try DaemonProcess.Home(settings: "settle: 0.1\nworkers: 1\n")
      long = home.folder.appendingPathComponent("long.wav")
      let byteCount = 8_000 * 240 * 2
      let sizes = [byteCount + 36, byteCount].map { size in
        (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
      }
      var wav = WAV.pcm16([], rate: 8_000)
      wav.replaceSubrange(4..<8, with: sizes[0])
      wav.replaceSubrange(40..<44, with: sizes[1])
      try Clip.write(wav + Data(count: byteCount), long)
    }

    /// Waits until a worker other than `old` is at work on the long file, and returns its number.
    private func worker(of daemon: DaemonProcess, otherThan old: Int32 = 0) async throws -> Int32 {
      var found: Int32 = 0
      try await eventually("a worker is busy with the file", every: .milliseconds(5)) {
        let busy = try await daemon.status().workers.first {
          $0.lane == "backlog" && $0.file?.hasSuffix("long.wav") == true && $0.pid > 0
        }
        found = busy?.pid ?? 0
        return found > 0 && found != old
      }
      return found
    }

    @Test func aWorkerThatDiesCostsOneFileAtMost() async throws {
      let daemon = try await DaemonProcess.start(home)
      // Killed by somebody else: no fault of the file, which is taken again.
      let first = try await worker(of: daemon)
      #expect(kill(first, SIGKILL) == 0)
      let second = try await worker(of: daemon, otherThan: first)
      #expect(try await daemon.file("long.wav")?.failure == nil)
      // Crashed: the file's own fault.
      #expect(kill(second, SIGSEGV) == 0)
      try await eventually("the failure is recorded") {
        try await daemon.file("long.wav")?.state == .failed
      }
      let failure = try #require(try await daemon.file("long.wav")?.failure)
      #expect(failure.code == "crashed")
      #expect(failure.retry == "afterChange")
      #expect(failure.message.contains("SIGSEGV"), "\(failure.message)")
      // A field of the journal's, or a word at the end of the line.
      #expect(
        home.logText.contains(
          "not analysed: \(failure.code): \(failure.message) file=\(long.path)\n"),
        "\(home.logText)")

      // The daemon goes on with a new worker, and takes the file again when it has changed.
      try Clip.write(Clip.tone(300), home.folder.appendingPathComponent("next.wav"))
      try Clip.tone(500).write(to: long)
      try await daemon.untilAnalysed(["long.wav", "next.wav"])
      let workers = try await daemon.status().workers
      #expect(workers.contains { $0.lane == "backlog" && $0.pid != second && $0.restarts > 1 })
      #expect(try await daemon.stop() == 0)
    }

    @Test func stoppingIsNoFailureOfTheFile() async throws {
      let daemon = try await DaemonProcess.start(home)
      _ = try await worker(of: daemon)
      #expect(try await daemon.stop() == 0)
      #expect(!home.logText.contains("not analysed"), "\(home.logText)")
      try Clip.tone(500).write(to: long)
      let next = try await DaemonProcess.start(home)
      try await next.untilAnalysed(["long.wav"])
      #expect(try await next.stop() == 0)
    }
  }
}
