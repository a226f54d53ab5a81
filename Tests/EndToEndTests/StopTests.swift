import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Ends, locks and exit statuses.
  @Suite struct StopTests {
    @Test(arguments: [SIGTERM, SIGINT])
    func endsCleanly(signal: Int32) async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      #expect(FileManager.default.fileExists(atPath: home.socket.path))
      #expect(try await daemon.stop(signal) == 0)
      #expect(!FileManager.default.fileExists(atPath: home.socket.path))
      // A copy of the one file is a copy of the whole catalogue.
      let log = home.state.appendingPathComponent("catalogue.sqlite-wal")
      #expect((try? Data(contentsOf: log))?.isEmpty ?? true)
    }

    /// As when systemd, or a person, signals every process at once.
    @Test func workersThatAreSignalledTooAreNoCrash() async throws {
      let home = try DaemonProcess.Home()
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("a.wav"))
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      for worker in daemon.process.children { kill(worker, SIGTERM) }
      #expect(try await daemon.stop() == 0)
      #expect(!home.logText.contains("worker"), "\(home.logText)")
    }

    /// Whoever starts harkd may forbid more than it does, and not less.
    @Test(arguments: [("0022", 0o640), ("0077", 0o600)])
    func filesAreNobodyElsesBusiness(mask: String, expected: Int) async throws {
      let home = try DaemonProcess.Home()
      let daemon = try DaemonProcess(
        home,
        launcher: (URL(fileURLWithPath: "/bin/sh"), ["-c", "umask \(mask); exec \"$@\"", "sh"]))
      try await eventually("the socket answers") {
        try await daemon.hark("status").status == 0
      }
      let catalogue = home.state.appendingPathComponent("catalogue.sqlite").path
      let attributes = try FileManager.default.attributesOfItem(atPath: catalogue)
      #expect(attributes[.posixPermissions] as? Int == expected)
      #expect(try await daemon.stop() == 0)
    }

    @Test func secondDaemonsAreRefused() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      func second(state: URL, socket: URL) async throws -> ProgramRun {
        try await ProgramRun.run(
          ProgramRun.built("harkd"),
          [
            "--watch", home.folder.path, "--state", state.path, "--socket", socket.path,
            "--config", home.settings.path,
          ])
      }
      let sameState = try await second(state: home.state, socket: home.beside("other"))
      #expect(sameState.status == 75)
      #expect(sameState.errors.contains(home.state.path), "\(sameState.errors)")
      let sameSocket = try await second(state: home.beside("other-state"), socket: home.socket)
      #expect(sameSocket.status == 75)
      #expect(sameSocket.errors.contains(home.socket.path), "\(sameSocket.errors)")
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(check.status == 75)
      // The first one is none the worse.
      #expect(try await daemon.hark("status").status == 0)

      // What a killed daemon leaves behind is in nobody's way.
      try await daemon.kill()
      #expect(FileManager.default.fileExists(atPath: home.socket.path))
      let next = try await DaemonProcess.start(home)
      #expect(try await next.stop() == 0)
    }

    @Test func failuresHaveTheirStatuses() async throws {
      let home = try DaemonProcess.Home()
      let hark = ProgramRun.built("hark")
      let socket = ["--socket", home.socket.path]
      let silent = try await ProgramRun.run(hark, socket + ["status"])
      #expect(silent.status == 69)
      #expect(silent.errors.contains(home.socket.path), "\(silent.errors)")
      let daemon = try await DaemonProcess.start(home)
      for (arguments, status) in [
        (["similar"], 64), (["similar", "a", "-k", "0"], 64), (["no-such-command"], 64),
        (["similar", home.beside("none.wav").path], 66), (["show", "none.wav"], 66),
      ] as [([String], Int32)] {
        let run = try await daemon.hark(arguments)
        #expect(run.status == status, "hark \(arguments): \(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
        #expect(run.output.isEmpty)
      }
      #expect(try await daemon.stop() == 0)
    }

    @Test(arguments: [("workrs: 2", "workrs"), ("workers: many", "workers")])
    func badSettingsAreNamed(line: String, key: String) async throws {
      let home = try DaemonProcess.Home(settings: line + "\n")
      let run = try await ProgramRun.run(ProgramRun.built("harkd"), home.arguments)
      #expect(run.status == 78)
      #expect(run.errors.contains(home.settings.path) && run.errors.contains(key), "\(run.errors)")
    }
  }
}
