import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// The system has nothing left to give: the daemon says so, loses nothing, and goes on by itself once
  /// that is over.
  @Suite struct RunningOutTests {
    private static func write(_ names: [String], _ home: DaemonProcess.Home) throws {
      for name in names {
        let hertz = 200 + Double(name.utf8.reduce(0) { $0 * 7 + Int($1) } % 3_000)
        try Clip.write(
          Clip.tone(hertz, seconds: 0.3), home.folder.appendingPathComponent(name))
      }
    }

    /// With three descriptors left no file reaches a worker: it is opened, copied and handed over.
    @Test(.enabled(if: ProgramRun.find("prlimit") != nil, "needs prlimit"))
    func withoutDescriptorsFilesWait() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      try Self.write(["first.wav"], home)
      try await daemon.untilAnalysed(["first.wav"])

      let (soft, hard) = try Self.descriptorLimits(of: daemon)
      try await Self.limitDescriptors(of: daemon, to: try Self.limit(leaving: 3, daemon), hard)
      let later = (0..<12).map { "\($0).wav" }
      try Self.write(later, home)
      try await eventually("the daemon says that files wait, and how to help") {
        // It may have no descriptor left for this very question.
        let status = try? await daemon.status()
        return status?.warnings.contains {
          $0.contains("files wait") && $0.contains("LimitNOFILE=")
        } ?? false
      }
      #expect(home.logText.contains("files wait to be analysed"), "\(home.logText)")
      #expect(home.logText.split(separator: "\n").count < 20, "\(home.logText)")

      try await Self.limitDescriptors(of: daemon, to: soft, hard)
      try await daemon.untilAnalysed(["first.wav"] + later)
      #expect(try await daemon.status().warnings.isEmpty)
      #expect(home.logText.contains("files are analysed again"), "\(home.logText)")
      #expect(try await daemon.files("--failed").isEmpty)
      #expect(try await daemon.stop() == 0)
    }

    private static func descriptorLimits(of daemon: DaemonProcess) throws -> (Int, Int) {
      let text = try String(
        contentsOfFile: "/proc/\(daemon.process.identifier)/limits", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      return (try #require(numbers.first), try #require(numbers.last))
    }

    /// The limit below which so many numbers are free.
    private static func limit(leaving free: Int, _ daemon: DaemonProcess) throws -> Int {
      let used = Set(
        try FileManager.default.contentsOfDirectory(
          atPath: "/proc/\(daemon.process.identifier)/fd"
        ).compactMap { Int($0) })
      return try #require((0...).lazy.filter { !used.contains($0) }.prefix(free + 1).max())
    }

    private static func limitDescriptors(
      of daemon: DaemonProcess, to soft: Int, _ hard: Int
    ) async throws {
      let prlimit = try #require(ProgramRun.find("prlimit"))
      let run = try await ProgramRun.run(
        prlimit, ["--pid", "\(daemon.process.identifier)", "--nofile=\(soft):\(hard)"])
      try #require(run.status == 0, "\(run.errors)")
    }

    // MARK: inotify

    /// A user namespace has limits of its own, so that nobody else notices.
    private static let limits = "/proc/sys/user/max_inotify_"

    private static let mayLimitInotify: Bool = {
      guard let unshare = ProgramRun.find("unshare"), ProgramRun.find("nsenter") != nil else {
        return false
      }
      let process = Process()
      process.executableURL = unshare
      process.arguments = ["-Ur", "sh", "-c", "echo 100 > \(limits)watches"]
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    }()

    /// Without inotify, or with too few watches, folders are looked through; `hark rescan` stands for
    /// the minute after which that happens by itself.
    @Test(
      .enabled(if: mayLimitInotify, "needs the right to make user namespaces"),
      arguments: [("watches", 3, "sysctl user.max_inotify_watches="), ("instances", 0, "sysctl")])
    func withoutWatchesFoldersArePolled(what: String, limit: Int, remedy: String) async throws {
      let home = try DaemonProcess.Home()
      for folder in ["a", "b", "c", "d"] {
        try FileManager.default.createDirectory(
          at: home.folder.appendingPathComponent(folder), withIntermediateDirectories: true)
      }
      let daemon = try DaemonProcess(
        home,
        launcher: (
          try #require(ProgramRun.find("unshare")),
          ["-Ur", "sh", "-c", "echo \(limit) > \(Self.limits)\(what); exec \"$@\"", "sh"]
        ))
      try await eventually("the daemon says that it cannot watch, and how to help") {
        let status = try? await daemon.status()
        return status?.roots.first?.state == "polling"
          && status?.warnings.contains { $0.contains(remedy) } ?? false
      }
      #expect(home.logText.contains(remedy), "\(home.logText)")
      let names = ["a", "b", "c", "d"].map { "\($0)/1.wav" }
      try Self.write(names, home)
      #expect(try await daemon.hark("rescan").status == 0)
      try await daemon.untilAnalysed(names)

      let raise = try await ProgramRun.run(
        try #require(ProgramRun.find("nsenter")),
        [
          "-t", "\(daemon.process.identifier)", "-U", "--preserve-credentials", "sh", "-c",
          "echo 1000 > \(Self.limits)\(what)",
        ])
      try #require(raise.status == 0, "\(raise.errors)")
      #expect(try await daemon.hark("rescan").status == 0)
      try await eventually("all folders are watched") {
        let status = try await daemon.status()
        return status.roots.first?.state == "watching" && status.warnings.isEmpty
      }
      try Self.write(["d/2.wav"], home)
      try await daemon.untilAnalysed(names + ["d/2.wav"])
      #expect(try await daemon.stop() == 0)
    }
  }
}
