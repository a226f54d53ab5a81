import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// One file, one answer, through all the processes.
  @Suite struct OneFileTests {
    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func aDroppedFileIsAnnouncedAndFound() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      let curl = try #require(ProgramRun.find("curl"))
      let events = try BackgroundProcess(
        curl,
        [
          "--silent", "--no-buffer", "--unix-socket", home.socket.path,
          "http://localhost/v1/events",
        ], output: home.beside("events"), errors: home.beside("events-errors"))
      try await eventually("the stream of events begins") { events.output.hasPrefix(": hark") }

      try Clip.write(Clip.scene(seed: 1, seconds: 1.5), home.folder.appendingPathComponent("a.wav"))
      try await eventually("the event comes") {
        events.output.contains(#""kind":"analysed""#) && events.output.hasSuffix("\n\n")
      }
      let data = try #require(
        events.output.split(separator: "\n").first {
          $0.hasPrefix("data: ") && $0.contains(#""kind":"analysed""#)
        })
      let event = try WireJSON.decode(Wire.Event.self, from: Array(data.utf8.dropFirst(6)))
      #expect(event.path == daemon.path("a.wav"))
      #expect(event.new == true)

      // Announced means that it can be found, by bytes from outside and by path.
      let other = home.beside("other.wav")
      try Clip.write(Clip.scene(seed: 2, seconds: 1.5), other)
      let answer = try await daemon.similar(other.path)
      #expect(answer.results.map(\.path) == [daemon.path("a.wav")])
      #expect(answer.results.first?.id == event.id)
      let alone = try await daemon.curl(
        "/v1/similar", "--header", "Content-Type: application/json", "--data",
        #"{"like": [{"path": "\#(daemon.path("a.wav"))"}]}"#)
      let empty = try daemon.decode(Wire.SimilarAnswer.self, alone)
      #expect(empty.results.isEmpty, "a file never lists itself")
      #expect(try await daemon.stop() == 0)
    }
  }
}
