import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What happens to a file, step by step, on one daemon.
  @Suite struct LifecycleTests {
    private let files = FileManager.default

    @Test func filesComeChangeMoveAndGo() async throws {
      let home = try DaemonProcess.Home()
      func place(_ name: String) -> URL { home.folder.appendingPathComponent(name) }
      try Clip.write(Clip.tone(440), place("a.wav"))
      try Clip.write(Clip.scene(seed: 3, seconds: 1), place("albums/one/b.wav"))
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav", "albums/one/b.wav"])
      let first = try #require(try await daemon.file("a.wav")?.id)
      let start = try await daemon.status()
      #expect(start.analysedSinceStart == 2)

      // Moved and renamed, then a whole folder: nothing is analysed.
      try files.moveItem(at: place("a.wav"), to: place("albums/one/c.wav"))
      try await daemon.untilAnalysed(["albums/one/b.wav", "albums/one/c.wav"])
      try files.moveItem(at: place("albums/one"), to: place("two"))
      try await daemon.untilAnalysed(["two/b.wav", "two/c.wav"])
      #expect(try await daemon.file("two/c.wav")?.id == first)
      #expect(try await daemon.status().analysedSinceStart == 2)

      // Copied: hashed, but not through the network; listed once, with both paths.
      try files.copyItem(at: place("two/c.wav"), to: place("copy.wav"))
      try await daemon.untilAnalysed(["copy.wav", "two/b.wav", "two/c.wav"])
      let found = try await daemon.similar(daemon.path("two/b.wav"))
      #expect(found.results.map(\.id) == [first])
      #expect(found.results.first?.paths == [daemon.path("copy.wav"), daemon.path("two/c.wav")])

      // Retagged in place: the same recording under a new title.
      let samples = Array(try Data(contentsOf: place("copy.wav")).dropFirst(44))
      let tagged = WAV.pcm16(
        samples.withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }, rate: 16_000,
        tags: [("INAM", "Concert pitch")])
      try tagged.write(to: place("copy.wav"))
      try await eventually("the title is known") {
        try await daemon.file("copy.wav")?.metadata.title == "Concert pitch"
      }
      #expect(try await daemon.file("copy.wav")?.id == first)
      let retagged = try await daemon.status()
      #expect(retagged.secondsSinceStart == start.secondsSinceStart, "the network ran")
      #expect(retagged.recordings == 2)

      // Edited in place: another recording.
      try Clip.tone(880).write(to: place("copy.wav"))
      try await eventually("the edit is known") {
        let file = try await daemon.file("copy.wav")
        return file?.state == .analysed && file?.id != first
      }
      #expect(try await daemon.status().recordings == 3)

      // Moved out, and deleted.
      try files.moveItem(at: place("two/c.wav"), to: home.beside("out.wav"))
      try files.removeItem(at: place("copy.wav"))
      try await daemon.untilAnalysed(["two/b.wav"])
      #expect(try await daemon.similar(daemon.path("two/b.wav")).results.isEmpty)
      // Moved back in: still known.
      try files.moveItem(at: home.beside("out.wav"), to: place("back.wav"))
      try await daemon.untilAnalysed(["back.wav", "two/b.wav"])
      #expect(try await daemon.file("back.wav")?.id == first)
      #expect(try await daemon.stop() == 0)

      // Renamed while the daemon is down: found again without analysis.
      try files.moveItem(at: place("back.wav"), to: place("later.wav"))
      let next = try await DaemonProcess.start(home)
      try await next.untilAnalysed(["later.wav", "two/b.wav"])
      #expect(try await next.file("later.wav")?.id == first)
      #expect(try await next.status().analysedSinceStart == 0)
      #expect(try await next.stop() == 0)
    }
  }
}
