import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Folders with things in them that no music library should have, dropped in while the daemon runs.
  @Suite struct StrangeFilesTests {
    @Test func whatIsNoFileIsPassedOver() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      func place(_ name: String) -> String { home.folder.appendingPathComponent(name).path }
      var odd = ["pipe.wav", "zero.wav", "endless.wav"]
      #expect(mkfifo(place("pipe.wav"), 0o644) == 0)
      #expect(symlink("/dev/zero", place("endless.wav")) == 0)
      // 1, 5 is /dev/zero, which would be read for ever.
      if mknod(place("zero.wav"), S_IFCHR | 0o644, 1 << 8 | 5) != 0 { odd.remove(at: 1) }
      #expect(symlink(".", place("loop")) == 0)
      #expect(symlink("nowhere.wav", place("dangling.wav")) == 0)
      for number in 0..<50 { #expect(symlink(".", place("loop-\(number)")) == 0) }
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("a.wav"))
      try await daemon.untilAnalysed(["a.wav"])
      try await eventually("what was passed over is in the log") {
        odd.allSatisfy { home.logText.contains("passed over") && home.logText.contains("/\($0)") }
      }
      #expect(try await daemon.status().warnings.isEmpty)
      #expect(try await daemon.stop() == 0)
    }

    /// Two hundred folders deep is music; beyond PATH_MAX no path leads, which is told.
    @Test func deepFoldersAreSeenAndTooDeepOnesAreTold() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      let deep = "deep/" + (0..<200).map { "d\($0)" }.joined(separator: "/") + "/a.wav"
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent(deep))
      let script = """
        import os
        for _ in range(20):
            os.mkdir("n" * 250)
            os.chdir("n" * 250)
        """
      let folder = home.folder.appendingPathComponent("too-deep")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let python = try #require(ProgramRun.find("python3"))
      let made = try await ProgramRun.run(python, ["-c", script], directory: folder)
      try #require(made.status == 0, "\(made.errors)")
      try await daemon.untilAnalysed([deep])
      try await eventually("what cannot be seen is told") {
        try await daemon.status().warnings.contains {
          $0.contains("cannot be looked into") && $0.contains("File name too long")
            && $0.utf8.count < 1_000
        }
      }
      #expect(home.logText.contains("File name too long"))

      let remove = try await ProgramRun.run(
        URL(fileURLWithPath: "/bin/rm"), ["-rf", folder.path])
      #expect(remove.status == 0)
      try await eventually("the warning goes") { try await daemon.status().warnings.isEmpty }
      #expect(try await daemon.stop() == 0)
    }

    private static let burst =
      ProcessInfo.processInfo.environment["HARK_BURST_FILES"].flatMap { Int($0) } ?? 2_000

    /// Files by the thousand in one moment: half of them links to a few recordings, half no audio.
    ///
    /// HARK_BURST_FILES says how many, 2,000 where it is not set.
    @Test func manyFilesAtOnceAreAllSeen() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      let tones = (0..<10).map { home.beside("tone-\($0).wav") }
      for (number, tone) in tones.enumerated() {
        try Clip.write(Clip.tone(300 + 100 * Double(number), seconds: 0.3), tone)
      }
      for number in 0..<Self.burst / 2 {
        let folder = home.folder.appendingPathComponent("\(number / 500)")
        if number % 500 == 0 {
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        let song = folder.appendingPathComponent("\(number).wav").path
        try #require(link(tones[number % 10].path, song) == 0)
        try Data("not audio, \(number)".utf8).write(
          to: folder.appendingPathComponent("\(number).dat"))
      }
      let start = ContinuousClock.now
      try await eventually("every file has its outcome", within: .seconds(1_800)) {
        let status = try await daemon.status()
        return status.idle && status.files.analysed == Self.burst / 2
          && status.files.skipped == Self.burst / 2
      }
      let seconds = Int((ContinuousClock.now - start).components.seconds)
      let status = try await daemon.status()
      #expect(status.files.failed == 0 && status.warnings.isEmpty, "\(status)")
      #expect(status.recordings == 10)
      let facts = try String(
        contentsOfFile: "/proc/\(daemon.process.identifier)/status", encoding: .utf8)
      let peak = try #require(
        facts.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.split(separator: " ")
          .compactMap { Int($0) }.first)
      Figures.report("files that appeared at once", Self.burst)
      Figures.report("seconds from the last to rest", seconds)
      Figures.report("peak memory of harkd in MiB, mapped files included", peak >> 10)
      #expect(try await daemon.stop() == 0)
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(check.status == 0, "\(check)")
    }
  }
}
