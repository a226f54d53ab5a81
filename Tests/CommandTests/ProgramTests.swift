import API
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

/// The built program against a server that answers from a script.
@Suite struct ProgramTests {
  struct Ended {
    var status: Int32
    var output: [UInt8]
    var errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
    /// Lines on standard error.
    var errorLines: [Substring] { errors.split(separator: "\n") }
  }

  /// The program lies beside the tests' own.
  private static let program = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("hark").path

  /// Runs `hark` through the shell, whose printf can make any bytes.
  private func hark(
    _ arguments: String, before: String = "", socket: FilePath? = nil
  ) async throws -> Ended {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(before) exec \"$HARK\" \(arguments)"]
    var environment = ProcessInfo.processInfo.environment
    environment["HARK"] = Self.program
    environment["HARK_SOCKET"] = socket?.string ?? "/nonexistent/hark.sock"
    environment["COLUMNS"] = nil
    process.environment = environment
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    async let text = output.fileHandleForReading.readToEndSoon()
    async let words = errors.fileHandleForReading.readToEndSoon()
    let (out, err) = await (text, words)
    process.waitUntilExit()
    return Ended(
      status: process.terminationStatus, output: out, errors: String(decoding: err, as: UTF8.self))
  }

  private static func file(_ path: FilePath, id: RecordingID? = nil) -> Wire.File {
    Wire.File(
      FileEntry(
        path: path, state: id == nil ? .pending : .analysed, size: 1000, modified: 0,
        recording: id, duration: id == nil ? nil : 61.2, metadata: Metadata(title: "T"),
        failure: nil, failureCount: 0, retryAt: nil, added: 0))
  }

  private static let id = RecordingID(String(repeating: "ab", count: 32))
  private static let strange = FilePath(bytes: Array("/music/b".utf8) + [0xff, 0x0a])

  /// A library of two files, one with a strange name.
  private func library() async throws -> TestServer {
    let id = try #require(Self.id)
    let files = [Self.file("/music/a.flac", id: id), Self.file(Self.strange, id: id)]
    let info = ModelInfo(
      id: ModelID(id.hash), name: "hark-test", architecture: "vggish-hark", isTrained: false,
      licence: "CC0-1.0", labels: [])
    let answer = Wire.SimilarAnswer(
      query: Wire.SimilarEcho(
        like: [], unlike: [], filter: Wire.Filter(), k: 10, byMoment: true,
        model: Wire.ModelName(info), audio: nil),
      results: [
        Wire.SimilarResult(
          path: Self.strange, paths: [Self.strange, "/music/copy"], id: id, score: 0.98765,
          range: try TimeRange(from: 1.92, to: 2.88), duration: 61.2,
          metadata: Metadata(title: "日本", artist: "X"))
      ])
    let encoded = try WireJSON.encode(answer)
    let pages = try [
      WireJSON.encode(Wire.Files(files: [files[0]], cursor: "next")),
      WireJSON.encode(Wire.Files(files: [files[1]], cursor: nil)),
      WireJSON.encode(Wire.Files(files: [], cursor: nil)),
    ]
    return try await TestServer { request in
      let type = "application/json"
      if request.path == "/v1/similar" { return TestServer.Response(200, type, encoded) }
      guard request.path == "/v1/files" else { return nil }
      if request.target.contains("cursor=next") { return TestServer.Response(200, type, pages[1]) }
      guard let path = request.target.split(separator: "path=").dropFirst().first else {
        return TestServer.Response(200, type, pages[0])
      }
      let page = path == "%2Fmusic%2Fa.flac" ? 0 : path == "%2Fmusic%2Fb%FF%0A" ? 1 : 2
      return TestServer.Response(200, type, pages[page])
    }
  }

  @Test func usage() async throws {
    let help = try await hark("--help")
    #expect(help.status == 0 && help.text.contains("USAGE") && help.errors.isEmpty)
    #expect(try await hark("--version").text == "hark \(HarkVersion.current)\n")
    for command in [
      "similar", "tags", "list", "show", "status", "events", "rescan", "forget", "embed", "model",
      "model info", "model list", "model check",
    ] {
      let help = try await hark("\(command) --help")
      #expect(help.status == 0 && help.text.contains("EXAMPLES"))
    }
    for wrong in [
      "frob", "similar", "similar a --from 1:75", "list -0", "similar a -k 0", "similar a -k -1",
      "show", "tags", "tags a -n 0", "model check", "model frob", "rescan --adopt",
    ] {
      let ended = try await hark(wrong)
      if wrong.contains("-k") { #expect(ended.errors.contains("1 to 10000"), "\(ended.errors)") }
      #expect(ended.status == 64 && ended.errorLines.count == 1, "\(wrong): \(ended.errors)")
    }
    #expect(try await hark("").status == 64)
    #expect(try await hark("--generate-completion-script bash").text.contains("similar"))
  }

  @Test func withoutADaemon() async throws {
    for command in [
      "status", "list", "similar a.flac", "tags a.flac", "events", "rescan", "forget a", "show a",
      "model", "model info", "model list",
    ] {
      let ended = try await hark(command)
      #expect(ended.status == 69 && ended.errorLines.count == 1 && ended.output.isEmpty)
    }
  }

  @Test func aFileNamedLikeStandardOutputIsNotWritten() async throws {
    let server = try await library()
    let ended = try await hark("backup -", socket: server.socket)
    #expect(ended.status == 64 && ended.errors.contains("./-"), "\(ended.errors)")
  }

  @Test func listGoesThroughEveryPage() async throws {
    let server = try await library()
    let plain = try await hark("list --paths -0", socket: server.socket)
    #expect(plain.output == Array("/music/a.flac\0".utf8) + Self.strange.bytes + [0])
    let json = try await hark("list --json", socket: server.socket)
    let decoded = try WireJSON.decode(Wire.Files.self, from: json.output)
    #expect(decoded.files.compactMap(\.filePath) == ["/music/a.flac", Self.strange])
    let table = try await hark("list", socket: server.socket)
    #expect(
      table.text == """
        analysed      1:01  /music/a.flac
        analysed      1:01  /music/b\\xff\\n

        """)
    try await server.close()
  }

  @Test func similarInEveryForm() async throws {
    let server = try await library()
    let seed = "\"$(printf '/music/b\\377\\n.')\""
    // The shell drops line breaks at the end; the dot keeps them and `%?` takes it off again.
    let arguments = "similar \"${p%?}\" --from 0:01 --to 3"
    let run = { (rest: String) in
      try await hark(arguments + " " + rest, before: "p=\(seed);", socket: server.socket)
    }
    let paths = try await run("--paths")
    #expect(paths.status == 0 && paths.output == Self.strange.bytes + [0x0a])
    #expect(paths.errors.contains("untrained"))
    let table = try await run("")
    #expect(
      table.text == """
        #  SCORE  HEARD AT       LENGTH  TITLE     FILE
        1  0.988  0:01.9–0:02.9    1:01  X – 日本  /music/b\\xff\\n (+1)

        """)
    let playlist = try await run("--m3u")
    #expect(playlist.text.hasPrefix("#EXTM3U\n#EXTINF:61,X - 日本\n"))
    #expect(playlist.text.hasSuffix("\nfile:///music/b%FF%0A\n"))
    let asked = try #require(server.requests.last { $0.path == "/v1/similar" })
    let request = try WireJSON.decodeRequest(Wire.SimilarRequest.self, from: asked.body)
    #expect(request.like == [Wire.Seed(path: Self.strange, from: 1, to: 3)])
    try await server.close()
  }

  @Test func unknownFilesTravelAsBytes() async throws {
    let server = try await library()
    let directory = try TemporaryDirectory()
    let audio = WAV.tone(440, seconds: 0.5)
    try audio.write(to: directory("x.wav"))
    let file = directory("x.wav").path
    let ended = try await hark("similar \(file) -k 3 --from 0.1 --json", socket: server.socket)
    #expect(ended.status == 0 && ended.errors.contains("listening to it now"))
    let sent = try #require(server.requests.last)
    #expect(sent.body == Array(audio))
    #expect(sent.target == "/v1/similar?k=3&from=0.1&to=10000000.0")
    #expect(try WireJSON.decode(Wire.SimilarAnswer.self, from: ended.output).results.count == 1)

    let id = String(repeating: "ab", count: 32)
    _ = try await hark("similar /music/a.flac --unlike \(file)", socket: server.socket)
    #expect(
      server.requests.last?.target == "/v1/similar?k=10&like=\(id)&role=unlike")
    let questions = server.requests.filter { $0.path == "/v1/similar" }.count
    let stretch = try await hark(
      "similar /music/a.flac --from 1 --to 3 --unlike \(file)", socket: server.socket)
    #expect(stretch.status == 64 && stretch.errorLines.count == 1, "\(stretch.errors)")
    #expect(server.requests.filter { $0.path == "/v1/similar" }.count == questions)
    let two = try await hark("similar \(file) \(file)", socket: server.socket)
    #expect(two.status == 64 && two.errorLines.count == 1)
    let missing = try await hark("similar \(directory.path)/none.wav", socket: server.socket)
    #expect(missing.status == 66 && missing.errorLines.count == 1)
    let part = try await hark("similar deadbeef", socket: server.socket)
    #expect(part.status == 66 && part.errors.contains("64 digits"), "\(part.errors)")
    let shown = try await hark("show \(file)", socket: server.socket)
    #expect(shown.status == 66)
    try await server.close()
  }
}

extension FileHandle {
  /// Everything up to the end, read on a thread of its own.
  fileprivate func readToEndSoon() async -> [UInt8] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(returning: [UInt8](self.readDataToEndOfFile()))
      }
    }
  }
}
