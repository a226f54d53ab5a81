import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// State directories that earlier versions wrote, one of each release: the present one goes on with
  /// them, answers as that version did, and analyses nothing again.
  ///
  /// `scripts/make-state-fixture VERSION` makes one with the present version.
  @Suite struct EarlierStatesTests {
    static let folder = Golden.repository.appendingPathComponent("Tests/States")
    static let archives =
      ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
      .filter { $0.hasSuffix(".tar.xz") }.sorted()
    static let wanted = ProcessInfo.processInfo.environment["HARK_STATE_FIXTURE"]

    /// What was asked, and what came of it, beside the state.
    struct Facts: Codable {
      /// The watched folder, which is in every path of the catalogue.
      var folder: String
      var files: [String]
      var answers: [String]
    }

    private static let names = ["a.wav", "b/c.wav", "b/d.wav"]

    /// Files are known again by path, size and time: nobody decodes them, so that the sound need not be
    /// the same to the last bit.
    private static func write(_ names: [String], _ home: DaemonProcess.Home) throws {
      for (number, name) in names.enumerated() {
        let url = home.folder.appendingPathComponent(name)
        try Clip.write(
          WAV.float32(Signals.music(seconds: 8, seed: 70 + UInt64(number)), rate: 16_000), url)
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: url.path)
      }
    }

    private static func answers(_ daemon: DaemonProcess) async throws -> [String] {
      let prefix = daemon.home.folder.path + "/"
      var answers: [String] = []
      for result in try await daemon.similar("a.wav").results {
        let score = String(format: "%.9f", result.score)
        answers.append("similar \(result.path.replacing(prefix, with: "")) \(score)")
      }
      let identified = try daemon.decode(
        Wire.IdentifyAnswer.self, try await daemon.hark("identify", "--json", "b/c.wav"))
      for result in identified.results {
        answers.append("identify \(result.path.replacing(prefix, with: "")) \(result.matched)")
      }
      return answers
    }

    @Test func thereIsOne() { #expect(!Self.archives.isEmpty) }

    @Test(arguments: archives) func anEarlierStateIsGoneOnWith(archive: String) async throws {
      let home = try DaemonProcess.Home()
      let place = home.beside("earlier")
      try await Self.python(Self.unpacking, [Self.folder.path + "/" + archive, place.path])
      let facts = try JSONDecoder().decode(
        Facts.self, from: try Data(contentsOf: place.appendingPathComponent("facts.json")))
      let model = place.appendingPathComponent("model.safetensors")
      try home.set(model: model)
      try FileManager.default.moveItem(at: place.appendingPathComponent("state"), to: home.state)
      let catalogue = home.state.appendingPathComponent("catalogue.sqlite").path
      try await Self.python(Self.moving, [catalogue, facts.folder, home.folder.path])
      try Self.write(facts.files, home)

      func check() async throws -> ProgramRun {
        try await ProgramRun.run(
          ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      }
      let before = try await check()
      let extent = "all is well (\(facts.files.count) files, \(facts.files.count) recordings, "
      #expect(before.status == 0 && before.text.contains(extent), "\(before)")
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(facts.files)
      #expect(try await daemon.status().analysedSinceStart == 0)
      #expect(try await Self.answers(daemon) == facts.answers)
      // And it goes on from there.
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("new.wav"))
      try await daemon.untilAnalysed(facts.files + ["new.wav"])
      #expect(try await daemon.stop() == 0)
      #expect(try await check().status == 0)
    }

    /// Makes the archive of the present version.
    @Test(.enabled(if: wanted != nil, "HARK_STATE_FIXTURE names no version"))
    func makeOne() async throws {
      let home = try DaemonProcess.Home()
      let model = home.beside("model.safetensors")
      try LabelledModel.bare("fixture").write(to: model)
      try home.set(model: model)
      try Self.write(Self.names, home)
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(Self.names)
      let answers = try await Self.answers(daemon)
      #expect(answers.count >= 3, "\(answers)")
      #expect(try await daemon.stop() == 0)
      let facts = home.beside("facts.json")
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      try encoder.encode(
        Facts(folder: home.folder.path, files: Self.names, answers: answers)
      ).write(to: facts)
      try FileManager.default.createDirectory(
        at: Self.folder, withIntermediateDirectories: true)
      let archive = Self.folder.appendingPathComponent("\(Self.wanted ?? "").tar.xz")
      try await Self.python(
        Self.packing, [archive.path, facts.path, model.path, home.state.path])
      #expect(try Data(contentsOf: archive).count < 200_000)
    }

    private static func python(_ script: String, _ arguments: [String]) async throws {
      let python = try #require(ProgramRun.find("python3"))
      let run = try await ProgramRun.run(python, ["-c", script] + arguments)
      try #require(run.status == 0, "\(run.errors)")
    }

    private static let packing = """
      import os, sys, tarfile
      def plain(entry):
          entry.uid = entry.gid = 0
          entry.uname = entry.gname = ""
          return entry
      with tarfile.open(sys.argv[1], "w:xz") as archive:
          for path in sys.argv[2:]:
              archive.add(path, os.path.basename(path), filter=plain)
      """

    private static let unpacking = """
      import sys, tarfile
      with tarfile.open(sys.argv[1]) as archive:
          archive.extractall(sys.argv[2])
      """

    /// Lets the catalogue say that everything lay where it lies now, on a file system that nobody has
    /// seen yet.
    private static let moving = """
      import os, sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      old, new = os.fsencode(sys.argv[2]), os.fsencode(sys.argv[3])
      for key, path in database.execute("SELECT key, path FROM file").fetchall():
          assert path.startswith(old)
          database.execute("UPDATE file SET path = ? WHERE key = ?", (new + path[len(old):], key))
      database.execute("DELETE FROM fileSystem")
      database.commit()
      """
  }
}
