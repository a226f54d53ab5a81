import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// The disk of the state directory has no room, or may not be written: the daemon says so, loses
  /// nothing, and goes on by itself once that is over.
  @Suite(.enabled(if: SmallDisk.isAllowed, "needs the right to mount file systems"))
  struct DiskFullTests {
    private static func write(_ range: Range<Int>, _ home: DaemonProcess.Home) throws -> [String] {
      for number in range {
        try Clip.write(
          Clip.scene(seed: UInt64(number) + 90, seconds: 3),
          home.folder.appendingPathComponent("\(number).wav"))
      }
      return range.map { "\($0).wav" }
    }

    private static func ids(_ daemon: DaemonProcess) async throws -> [String: String?] {
      try await daemon.files().mapValues(\.id)
    }

    /// First the catalogue finds no room, then the index files: both with what is left free.
    @Test(arguments: [0, 64 << 10]) func aFullDiskIsToldAndOutlived(free: Int)
      async throws
    {
      let home = try DaemonProcess.Home()
      let disk = try SmallDisk(home.state, megabytes: 48)
      let daemon = try await DaemonProcess.start(home)
      let first = try Self.write(0..<3, home)
      try await daemon.untilAnalysed(first)
      let before = try await Self.ids(daemon)

      try disk.fill(leaving: free)
      let second = try Self.write(3..<15, home)
      try await eventually("the daemon says that there is no room") {
        try await daemon.status().warnings.contains { $0.contains("cannot be recorded") }
      }
      let told = try await daemon.status()
      #expect(
        told.warnings.contains { $0.contains("space") || $0.contains("disk") },
        "\(told.warnings)")
      #expect(home.logText.contains("cannot "), "\(home.logText)")
      // What is there still answers.
      #expect(try await daemon.similar(daemon.path("0.wav")).results.count >= 2)
      let refused = try await daemon.hark(["backup", home.beside("b.tar").path])
      #expect(refused.status == 0 || refused.status == 74, "\(refused)")

      disk.empty()
      try await daemon.untilAnalysed(first + second)
      try await eventually("the warning goes") { try await daemon.status().warnings.isEmpty }
      let after = try await Self.ids(daemon)
      for (name, id) in before { #expect(after[name] == id) }
      #expect(try await daemon.stop() == 0)
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(check.status == 0 && check.text.contains("15 recordings"), "\(check)")
      withExtendedLifetime(disk) {}
    }

    /// Where nothing may be written the daemon does not start, says why, and changes nothing.
    @Test func aReadOnlyDirectoryIsToldAtTheStart() async throws {
      let home = try DaemonProcess.Home()
      let disk = try SmallDisk(home.state, megabytes: 48)
      let names = try Self.write(0..<2, home)
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)
      #expect(try await daemon.stop() == 0)

      try disk.setReadOnly(true)
      let refused = try await ProgramRun.run(ProgramRun.built("harkd"), home.arguments)
      #expect(refused.status == 77, "\(refused)")
      #expect(refused.errors.contains("Read-only file system"), "\(refused.errors)")
      #expect(refused.errors.contains("--state"), "\(refused.errors)")

      try disk.setReadOnly(false)
      let next = try await DaemonProcess.start(home)
      try await next.untilAnalysed(names)
      #expect(try await next.status().analysedSinceStart == 0)
      #expect(try await next.stop() == 0)
      withExtendedLifetime(disk) {}
    }
  }
}
