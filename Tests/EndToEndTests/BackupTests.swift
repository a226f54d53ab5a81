import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A backup is made while the daemon works; restored elsewhere, it answers as the daemon did.
  @Suite struct BackupTests {
    private static func restored(
      _ backup: URL, _ name: String, _ home: DaemonProcess.Home
    ) async throws -> (state: URL, text: String) {
      let state = home.beside(name)
      let run = try await ProgramRun.run(
        ProgramRun.built("hark"), ["restore", backup.path, "--state", state.path])
      #expect(run.status == 0, "\(run.text)\(run.errors)")
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", state.path])
      #expect(check.status == 0, "\(check.text)\(check.errors)")
      return (state, run.text)
    }

    private static func answers(_ daemon: DaemonProcess, _ names: [String]) async throws -> [String]
    {
      var answers: [String] = []
      for name in names {
        let answer = try await daemon.similar(daemon.path(name))
        answers += answer.results.map { "\(name): \($0.path) \($0.score)" }
      }
      return answers
    }

    @Test func aBackupMadeAtWorkAnswersElsewhere() async throws {
      let home = try DaemonProcess.Home(settings: "settle: 0.1\nworkers: 1\n")
      let names = (0..<12).map { "\($0).wav" }
      let daemon = try await DaemonProcess.start(home)
      for (number, name) in names.enumerated() {
        try Clip.write(
          Clip.scene(seed: UInt64(number) + 60, seconds: 6),
          home.folder.appendingPathComponent(name))
      }
      try await eventually("the first is analysed") {
        try await daemon.status().files.analysed > 0
      }
      let early = home.beside("early.tar")
      // A copy of the library is for those who may ask, also where it replaces what all may read.
      try Data("old".utf8).write(to: early)
      #expect(chmod(early.path, 0o644) == 0)
      let atWork = try await daemon.hark(["backup", early.path])
      #expect(atWork.status == 0, "\(atWork.errors)")
      let mode = try FileManager.default.attributesOfItem(atPath: early.path)[.posixPermissions]
      #expect(mode as? Int == 0o600)
      let pending = try await daemon.status().files.analysed < names.count
      #expect(pending, "the backup was to be made while there was work")
      try await daemon.untilAnalysed(names)
      let before = try await Self.answers(daemon, names)
      let late = home.beside("late.tar")
      #expect(try await daemon.hark(["backup", late.path]).status == 0)
      let twice = try await daemon.hark(["backup", late.path])
      #expect(twice.status == 0, "\(twice.errors)")
      #expect(try await daemon.stop() == 0)

      _ = try await Self.restored(early, "early", home)
      let (state, text) = try await Self.restored(late, "late", home)
      #expect(text.contains("12 files, 12 recordings"), "\(text)")
      let again = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--restore", late.path, "--state", state.path])
      #expect(again.status == 64 && again.errors.contains("holds a library already"), "\(again)")

      for (name, isWhole) in [("late", true), ("early", false)] {
        var arguments = home.arguments
        arguments[3] = home.beside(name).path
        // As a daemon leaves it that is killed while it begins a backup.
        let left = home.beside(name).appendingPathComponent("catalogue-copy.sqlite")
        try Data("x".utf8).write(to: left)
        let other = try await DaemonProcess.start(home, arguments: arguments)
        try await other.untilAnalysed(names)
        #expect(try await Self.answers(other, names) == before, "\(name)")
        #expect(!FileManager.default.fileExists(atPath: left.path))
        if isWhole { #expect(try await other.status().analysedSinceStart == 0) }
        #expect(try await other.stop() == 0)
      }
    }

    @Test func whatIsNoBackupIsRefused() async throws {
      let home = try DaemonProcess.Home()
      let file = home.beside("x.tar")
      for (content, status) in [(Data("nothing".utf8), 65), (nil, 66)] as [(Data?, Int32)] {
        try? FileManager.default.removeItem(at: file)
        if let content { try content.write(to: file) }
        let run = try await ProgramRun.run(
          ProgramRun.built("harkd"), ["--restore", file.path, "--state", home.state.path])
        #expect(run.status == status, "\(run)")
      }
      let nobody = try await ProgramRun.run(
        ProgramRun.built("hark"),
        ["--socket", home.beside("none").path, "backup", home.beside("y.tar").path])
      #expect(nobody.status == 69)
      #expect(!FileManager.default.fileExists(atPath: home.beside("y.tar").path))
    }

    /// A restore that was killed: the next one begins afresh, and a daemon says that there is no library.
    @Test func aRestoreThatWasKilledIsToldOrBegunAgain() async throws {
      let home = try DaemonProcess.Home()
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("a.wav"))
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      let backup = home.beside("b.tar")
      #expect(try await daemon.hark(["backup", backup.path]).status == 0)
      #expect(try await daemon.stop() == 0)
      func killed(_ name: String) throws -> URL {
        let state = home.beside(name)
        let place = state.appendingPathComponent("restoring")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data("half".utf8).write(to: place.appendingPathComponent("catalogue.sqlite"))
        return state
      }
      let again = try killed("again")
      let (_, text) = try await Self.restored(backup, "again", home)
      #expect(text.contains("1 files, 1 recordings"), "\(text)")
      #expect(!FileManager.default.fileExists(atPath: again.path + "/restoring"))

      let started = try killed("started")
      var arguments = home.arguments
      arguments[3] = started.path
      let next = try await DaemonProcess.start(home, arguments: arguments)
      #expect(home.logText.contains("was not finished"), "\(home.logText)")
      #expect(!FileManager.default.fileExists(atPath: started.path + "/restoring"))
      try await next.untilAnalysed(["a.wav"])
      #expect(try await next.stop() == 0)
    }
  }
}
