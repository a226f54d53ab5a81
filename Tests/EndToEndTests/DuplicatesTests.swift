import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// From a folder with copies to the list of them, and two recordings of one event.
  @Suite struct DuplicatesTests {
    private static let music = (0..<3).map { Signals.music(seconds: 30, seed: 700 + UInt64($0)) }

    private static func duplicates(_ daemon: DaemonProcess) async throws -> Wire.DuplicateAnswer {
      try daemon.decode(
        Wire.DuplicateAnswer.self, try await daemon.hark(["duplicates", "--json"]))
    }

    @Test func copiesAreListedUntilTheyAreGone() async throws {
      let home = try DaemonProcess.Home()
      let whole = WAV.float32(Self.music[0], rate: 16_000)
      let files = [
        ("original.wav", whole), ("again.wav", whole),
        ("cut.wav", WAV.float32(Self.music[0].excerpt(from: 2, seconds: 26), rate: 16_000)),
        ("fast.wav", WAV.float32(Signals.played(Self.music[0], speed: 1.03), rate: 16_000)),
        ("mix.wav", WAV.float32(Self.music[1] + Self.music[2], rate: 16_000)),
        ("track.wav", WAV.float32(Self.music[2], rate: 16_000)),
      ]
      for (name, data) in files {
        try Clip.write(data, home.folder.appendingPathComponent(name))
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(files.map(\.0))

      let answer = try await Self.duplicates(daemon)
      #expect(answer.recordings == 5 && answer.isComplete)
      #expect(answer.groups.map(\.relation) == [.spedUp, .contained])
      let copies = try #require(answer.groups.first?.files)
      #expect(copies.map(\.best) == [true, false, false, false])
      let byPath = Dictionary(uniqueKeysWithValues: copies.map { ($0.path, $0) })
      #expect(copies[0].path == daemon.path("again.wav"), "equal files: the first by name")
      #expect(byPath[daemon.path("original.wav")]?.relation == .sameSamples)
      let cut = try #require(byPath[daemon.path("cut.wav")])
      #expect(cut.relation == .trimmed && abs((cut.offset ?? 0) - 2) < 0.02)
      #expect(cut.differs.contains(.length))
      let fast = try #require(byPath[daemon.path("fast.wav")])
      #expect(fast.relation == .spedUp && abs((fast.speed ?? 0) - 1.03) < 1e-3)
      let parts = try #require(answer.groups.last?.files)
      #expect(parts.map(\.path) == [daemon.path("mix.wav"), daemon.path("track.wav")])
      let interval = try #require(parts.last)
      #expect(abs((interval.offset ?? 0) - 30) < 0.02, "\(interval)")

      // For people: a table, and the count on standard error.
      let table = try await daemon.hark(["duplicates"])
      #expect(table.text.contains("trimmed or padded") && table.text.contains("track.wav"))
      #expect(table.errors.contains("1 group of copies, 3 files besides the best ones"))

      for name in ["original.wav", "cut.wav", "fast.wav", "track.wav"] {
        try FileManager.default.removeItem(at: home.folder.appendingPathComponent(name))
      }
      try await eventually("no duplicates are left") {
        try await Self.duplicates(daemon).groups.isEmpty
      }
      #expect(try await daemon.stop() == 0)
    }

    @Test func twoRecordingsOfAnEventAreAligned() async throws {
      let home = try DaemonProcess.Home()
      let noise = Signals.whiteNoise(count: 20 * 16_000, seed: 9)
      let first = home.beside("first.wav")
      try WAV.float32(Self.music[0].excerpt(from: 0, seconds: 25), rate: 16_000).write(to: first)
      let second = home.beside("second.wav")
      let late = Self.music[0].excerpt(from: 4.25, seconds: 20)
      try WAV.float32(Signals.mixed(late, noise, decibels: 15).scaled(0.3), rate: 16_000)
        .write(to: second)
      // No daemon runs.
      let hark = ProgramRun.built("hark")
      let run = try await ProgramRun.run(hark, ["align", first.path, second.path, "--json"])
      #expect(run.status == 0, "\(run.errors)")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(run.text.utf8)) as? [String: Any])
      let offset = try #require(object["offset"] as? Double)
      #expect(abs(offset + 4.25) < 0.01)
      let speed = try #require(object["speed"] as? Double)
      #expect(abs(speed - 1) < 1e-3)
      let text = try await ProgramRun.run(hark, ["align", first.path, second.path])
      #expect(text.text.hasPrefix("second.wav begins 4.2"), "\(text.text)")

      let other = home.beside("other.wav")
      try WAV.float32(Self.music[1], rate: 16_000).write(to: other)
      let none = try await ProgramRun.run(hark, ["align", first.path, other.path])
      #expect(none.status == 0 && none.text.isEmpty)
      #expect(none.errors.contains("they cannot be aligned: no match"), "\(none.errors)")
      let missing = try await ProgramRun.run(hark, ["align", first.path, "/nowhere.wav"])
      #expect(missing.status == 66)
    }
  }
}
