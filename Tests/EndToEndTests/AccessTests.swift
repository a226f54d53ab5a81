import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Who may ask, and who may control, decided by what the kernel says of the other end.
  @Suite(.enabled(if: OtherUser.isPossible, "needs root and setpriv, to ask as another user"))
  struct AccessTests {
    private func reload(_ daemon: DaemonProcess, _ lines: String) async throws {
      let before = daemon.home.logText.components(separatedBy: "settings are read again").count
      try Data(("settle: 0.1\nworkers: 1\nlog-level: debug\n" + lines).utf8)
        .write(to: daemon.home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the settings are read again") {
        daemon.home.logText.components(separatedBy: "settings are read again").count > before
      }
    }

    private func ask(
      _ home: DaemonProcess.Home, groups: String = "", gives wanted: Int
    ) async throws {
      let answer = try await OtherUser.curl(home, "/v1/status", groups: groups)
      #expect(answer.status == wanted, "\(answer.body)")
    }

    private func control(_ home: DaemonProcess.Home, gives wanted: Int) async throws {
      let answer = try await OtherUser.curl(home, "/v1/rescan", ["--request", "POST"])
      #expect(answer.status == wanted, "\(answer.body)")
    }

    @Test func theRulesHoldAndAReloadTakesThemUp() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      try OtherUser.letIn(home)
      // Without rules whoever the socket lets in may do everything.
      try await ask(home, gives: 200)
      try await control(home, gives: 202)

      try await reload(daemon, "allow-users: [1]\nallow-groups: [4000]\n")
      let refused = try await OtherUser.curl(home, "/v1/status")
      #expect(refused.status == 403)
      let problem = try WireJSON.decode(Wire.Problem.self, from: refused.body.utf8)
      #expect(problem.code == "permissionDenied")
      #expect(problem.remedy?.contains("allow-users") == true)
      try await control(home, gives: 403)
      try await ask(home, groups: "3999,4000", gives: 200)
      try await ask(home, groups: "3999", gives: 403)
      // A long body does not keep the answer from coming.
      let body = home.beside("body")
      try Data(count: 8 << 20).write(to: body)
      let long = try await OtherUser.curl(
        home, "/v1/similar", ["--data-binary", "@\(body.path)"])
      #expect(long.status == 403)
      // The daemon's own user always may.
      #expect(try await daemon.hark("rescan").status == 0)

      try await reload(daemon, "control-users: [1]\n")
      try await ask(home, gives: 200)
      try await control(home, gives: 403)
      #expect(try await OtherUser.curl(home, "/v1/backup").status == 403)
      try await reload(daemon, "control-users: [\(OtherUser.number)]\nallow-users: [1]\n")
      try await control(home, gives: 202)

      // Who it was is in the journal, and who was refused.
      let log = home.logText.split(separator: "\n")
      let user = "peer-user=\(OtherUser.number)"
      #expect(log.contains { $0.contains("rescan is asked for") && $0.contains(user) })
      #expect(log.contains { $0.contains("a connection was refused") && $0.contains(user) })
      #expect(log.contains { $0.contains("not control it") && $0.contains(user) })
      #expect(log.contains { $0.contains("a connection is open") && $0.contains(user) })
      #expect(try await daemon.stop() == 0)
    }

    /// A stream that is open already is cut off, too.
    @Test func whoMayNoLongerAskIsCutOff() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      try OtherUser.letIn(home)
      let stream = Task { try await OtherUser.curl(home, "/v1/events") }
      try await eventually("the stream is open") {
        let processes = try await daemon.curl("/metrics").text
        return processes.contains("route=\"/v1/events\"")
      }
      let start = ContinuousClock.now
      try await reload(daemon, "allow-users: [1]\n")
      _ = try? await stream.value
      // Not curl's own limit.
      #expect(ContinuousClock.now - start < .seconds(25))
      #expect(try await daemon.stop() == 0)
    }

    @Test(arguments: ["allow-users", "allow-groups", "control-users", "control-groups"])
    func anUnknownNameIsAnError(key: String) async throws {
      let home = try DaemonProcess.Home(settings: "\(key): [root, no-such-name]\n")
      let run = try await ProgramRun.run(ProgramRun.built("harkd"), home.arguments)
      #expect(run.status == 78)
      for word in [home.settings.path, key, "no-such-name"] {
        #expect(run.errors.contains(word), "\(run.errors)")
      }
    }
  }
}
