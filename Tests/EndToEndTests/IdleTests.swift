import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What was there when `hark status --wait` was said can be asked about once it is done.
  @Suite struct IdleTests {
    private static func waited(_ daemon: DaemonProcess) async throws -> Wire.Status {
      try daemon.decode(Wire.Status.self, try await daemon.hark("status", "--wait", "--json"))
    }

    @Test func newFilesAreFoundAfterTheWait() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      for number in 1...8 {
        let outside = home.beside("outside.wav")
        try Clip.write(Clip.scene(seed: UInt64(number), seconds: 1.5), outside)
        // One that is written here, and one that comes whole.
        let names = ["copied \(number).wav", "moved \(number).wav"]
        let places = names.map { home.folder.appendingPathComponent($0) }
        try FileManager.default.copyItem(at: outside, to: places[0])
        try FileManager.default.moveItem(at: outside, to: places[1])
        let status = try await Self.waited(daemon)
        #expect(status.idle && status.files.analysed == 2 * number)
        let files = try await daemon.files()
        #expect(names.allSatisfy { files[daemon.path($0)]?.state == .analysed })
        #expect(try await daemon.similar(places[0].path).results.count == number - 1)
      }
      #expect(try await daemon.stop() == 0)
    }

    /// What changes through another name of the file, only a scan sees.
    @Test func whatARescanFindsIsFoundAfterTheWait() async throws {
      let home = try DaemonProcess.Home()
      let (inside, outside) = (home.folder.appendingPathComponent("a.wav"), home.beside("a.wav"))
      try Clip.write(Clip.scene(seed: 20, seconds: 1.5), outside)
      try FileManager.default.linkItem(at: outside, to: inside)
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      for number in 1...4 {
        let before = try #require(try await daemon.file("a.wav")?.id)
        let handle = try FileHandle(forWritingTo: outside)
        try handle.truncate(atOffset: 0)
        try handle.write(
          contentsOf: Clip.scene(seed: 20 + UInt64(number), seconds: 1.5 + Double(number) / 10))
        try handle.close()
        #expect(try await daemon.hark("rescan", home.folder.path).status == 0)
        #expect(try await Self.waited(daemon).files.analysed == 1)
        let after = try #require(try await daemon.file("a.wav"))
        #expect(after.state == .analysed && after.id != before)
      }
      #expect(try await daemon.stop() == 0)
    }
  }
}
