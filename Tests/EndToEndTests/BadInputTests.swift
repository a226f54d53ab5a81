import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Files that are not what they should be, and names that are hard to bear.
  @Suite struct BadInputTests {
    /// What must come of a file.
    private enum Outcome {
      case analysed
      case fails(String)
      /// Recorded and counted, but not listed among failures: it is no audio.
      case skipped
    }

    private static func patched(_ data: Data, _ offset: Int, _ bytes: [UInt8]) -> Data {
      var data = data
      data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return data
    }

    private static func bad() throws -> [(name: String, data: Data, outcome: Outcome)] {
      let tone = WAV.tone(440, seconds: 0.6)
      let flac = try Data(
        contentsOf: Golden.repository.appendingPathComponent("Audio/drums/kick-2.flac"))
      var random = SplitMix64(seed: 6)
      let noise = (0..<400).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      return [
        ("truncated.wav", tone.prefix(9_000), .analysed),
        ("header-only.wav", tone.prefix(30), .fails("corrupt")),
        ("corrupt.flac", flac.prefix(60) + noise, .fails("corrupt")),
        ("empty.wav", Data(), .fails("empty")),
        ("text.wav", Data("Once upon a time, there was no sound.\n".utf8), .fails("notAudio")),
        ("text.novel", Data("Once upon a time, there was no sound.\n".utf8), .skipped),
        ("one-sample.wav", WAV.pcm16([1_000], rate: 16_000), .analysed),
        ("no-samples.wav", WAV.pcm16([], rate: 16_000), .fails("noFrames")),
        ("silent.wav", WAV.pcm16([Int16](repeating: 0, count: 9_000), rate: 16_000), .analysed),
        (
          "nan.wav", WAV.float32([Float](repeating: .nan, count: 9_000), rate: 16_000),
          .fails("notFinite")
        ),
        ("no-channels.wav", patched(tone, 22, [0, 0]), .fails("corrupt")),
        ("four-gigabytes.wav", patched(tone, 40, [0xf0, 0xff, 0xff, 0xff]), .analysed),
      ]
    }

    /// Hard names as bytes; each file holds another tone.
    private static let names: [[UInt8]] = [
      Array("line\nbreak.wav".utf8), Array("🎧 emoji.wav".utf8),
      [0xff, 0xfe] + Array("latin-\u{e9}.wav".unicodeScalars.map { UInt8($0.value) }),
      Array((String(repeating: "n", count: 251) + ".wav").utf8),
    ]

    private static func write(_ data: Data, folder: URL, name: [UInt8]) throws {
      let path = (Array(folder.path.utf8) + [UInt8(ascii: "/")] + name + [0]).map(
        CChar.init(bitPattern:))
      let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw Unmet(description: String(cString: strerror(errno))) }
      try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: data)
    }

    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func everyFileHasItsOutcome() async throws {
      let home = try DaemonProcess.Home()
      let bad = try Self.bad()
      for (name, data, _) in bad {
        try Clip.write(data, home.folder.appendingPathComponent(name))
      }
      #expect(mkfifo(home.folder.appendingPathComponent("pipe.wav").path, 0o644) == 0)
      for (index, name) in Self.names.enumerated() {
        try Self.write(Clip.tone(300 + Double(index) * 100), folder: home.folder, name: name)
      }
      let daemon = try await DaemonProcess.start(home)
      try await eventually("everything has its outcome") {
        let status = try await daemon.status()
        return status.idle && status.files.pending == 0
          && status.files.analysed + status.files.failed + status.files.skipped
            == bad.count + Self.names.count
      }

      let files = try await daemon.files()
      let failed = try await daemon.files("--failed")
      let report = try await daemon.hark("list", "--failed").text
      for (name, _, outcome) in bad {
        let file = files[daemon.path(name)]
        switch outcome {
        case .analysed: #expect(file?.state == .analysed, "\(name): \(String(describing: file))")
        case .fails(let code):
          let failure = failed[daemon.path(name)]?.failure
          #expect(failure?.code == code, "\(name): \(String(describing: file))")
          #expect(failure?.message.isEmpty == false)
          #expect(report.contains(daemon.path(name) + "\n    \(code): "))
        case .skipped:
          #expect(file == nil, "\(name): \(String(describing: file))")
          let skipped = try daemon.decode(
            Wire.Files.self, try await daemon.curl("/v1/files?path=\(daemon.path(name))"))
          #expect(skipped.files.first?.state == .skipped)
        }
      }
      #expect(files[daemon.path("pipe.wav")] == nil, "a FIFO is no file")
      try await hardNames(daemon, files)

      // A bad file that is sent to be listened to is named, though the daemon sees only its bytes.
      let outside = home.beside("letter.mp3")
      try Clip.write(Data("Once upon a time, there was no sound.\n".utf8), outside)
      let refused = try await daemon.hark("similar", outside.path)
      #expect(refused.status == 65)
      #expect(refused.errors.contains("\(outside.path) could not be analysed"), "\(refused.errors)")
      // An empty answer says which limit made it so.
      let nowhere = try await daemon.hark(
        "similar", daemon.path("silent.wav"), "--under", home.beside("x").path)
      #expect(nowhere.status == 0 && nowhere.errors.contains("--under"), "\(nowhere.errors)")
      #expect(try await daemon.stop() == 0)
    }

    private func hardNames(_ daemon: DaemonProcess, _ files: [String: Wire.File]) async throws {
      // In a table escaped, one line each; with -0 byte for byte.
      let table = try await daemon.hark("list").text
      #expect(table.contains("/line\\nbreak.wav\n") && table.contains("/🎧 emoji.wav\n"))
      #expect(table.contains("/\\xff\\xfelatin-\\xe9.wav\n"))
      let paths = try await daemon.hark("list", "--paths", "-0").output
        .split(separator: 0).map(Array.init)
      let folder = Array(daemon.home.folder.path.utf8) + [UInt8(ascii: "/")]
      for name in Self.names {
        #expect(paths.contains(folder + name), "\(String(decoding: name, as: UTF8.self))")
        // Every one can be asked about by its bytes.
        let argument = "$'" + name.map { "\\x" + String($0, radix: 16) }.joined() + "'"
        let run = try await ProgramRun.run(
          try #require(ProgramRun.find("bash")),
          [
            "-c", "exec \"$0\" --socket \"$1\" similar --json -k 1000 \(argument)",
            ProgramRun.built("hark").path, daemon.home.socket.path,
          ], directory: daemon.home.folder)
        let answer = try daemon.decode(Wire.SimilarAnswer.self, run)
        #expect(answer.results.count == files.values.count { $0.state == .analysed } - 1)
        #expect(run.errors.contains("listening") == false, "\(run.errors)")
      }
      let escaped = try #require(files.values.first { $0.pathBase64 != nil })
      #expect(Data(base64Encoded: escaped.pathBase64 ?? "") == Data(folder + Self.names[2]))
      #expect(files.values.count { $0.pathBase64 != nil } == 1)
    }
  }
}
