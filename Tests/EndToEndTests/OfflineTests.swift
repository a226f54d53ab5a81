import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A disk that goes away and comes back.
  @Suite struct OfflineTests {
    /// Whether this process may mount: tried, since root in a container often may not.
    private static let mayMount: Bool = {
      guard let directory = try? TemporaryDirectory() else { return false }
      guard mount(directory.path, directory.path, nil, UInt(MS_BIND), nil) == 0 else {
        return false
      }
      return umount2(directory.path, Int32(MNT_DETACH)) == 0
    }()

    @Test(.enabled(if: mayMount, "needs the right to mount"))
    func anUnmountedDiskKeepsItsFiles() async throws {
      let home = try DaemonProcess.Home()
      let disk = home.beside("disk")
      let place = home.folder.appendingPathComponent("disk")
      try Clip.write(Clip.scene(seed: 7, seconds: 1), disk.appendingPathComponent("a.wav"))
      try Clip.write(Clip.scene(seed: 8, seconds: 1), home.folder.appendingPathComponent("b.wav"))
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      try #require(mount(disk.path, place.path, nil, UInt(MS_BIND), nil) == 0)
      defer { umount2(place.path, Int32(MNT_DETACH)) }

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["b.wav", "disk/a.wav"])
      let before = try #require(try await daemon.file("disk/a.wav"))
      let answer = try await daemon.similar(daemon.path("b.wav"))
      #expect(answer.results.map(\.path) == [daemon.path("disk/a.wav")])

      try #require(umount2(place.path, 0) == 0, "the daemon blocks unmounting")
      try await eventually("the file is offline") {
        try await daemon.file("disk/a.wav")?.state == .offline
      }
      #expect(try await daemon.similar(daemon.path("b.wav")).results.isEmpty)
      // Nobody's fault, so nothing for the journal, however often somebody asks.
      let away = try await daemon.hark("similar", daemon.path("disk/a.wav"))
      #expect(away.status == 69, "\(away.errors)")
      #expect(!home.logText.contains("request failed"), "\(home.logText)")

      try #require(mount(disk.path, place.path, nil, UInt(MS_BIND), nil) == 0)
      try await daemon.untilAnalysed(["b.wav", "disk/a.wav"])
      #expect(try await daemon.file("disk/a.wav") == before)
      #expect(try await daemon.similar(daemon.path("b.wav")).results == answer.results)
      #expect(try await daemon.status().analysedSinceStart == 2)
      #expect(try await daemon.stop() == 0)
    }

    /// Emptied while the daemon was away, the folder looks like one whose disk is missing.
    @Test func aFolderThatWasEmptiedOnPurposeIsAdopted() async throws {
      let home = try DaemonProcess.Home()
      let file = home.folder.appendingPathComponent("a.wav")
      try Clip.write(Clip.scene(seed: 7, seconds: 1), file)
      var daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      #expect(try await daemon.stop() == 0)
      try FileManager.default.removeItem(at: file)

      daemon = try await DaemonProcess.start(home)
      try await eventually("the folder is offline") {
        try await daemon.file("a.wav")?.state == .offline
      }
      let told = try await daemon.hark("status")
      #expect(told.text.contains("hark rescan --adopt '\(home.folder.path)'"), "\(told.text)")
      #expect(try await daemon.hark("rescan", home.folder.path).status == 0)
      #expect(try await daemon.file("a.wav")?.state == .offline)
      #expect(try await daemon.hark("rescan", "--adopt", home.folder.path).status == 0)
      try await eventually("what is gone is forgotten") {
        try await daemon.file("a.wav") == nil
      }
      #expect(try await daemon.status().roots.map(\.state) == ["watching"])
      #expect(try await daemon.stop() == 0)
    }
  }
}
