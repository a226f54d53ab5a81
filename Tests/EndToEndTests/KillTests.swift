import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Killed at random moments while files come, change, move and go: nothing is lost, nothing is
  /// there twice, and what is left equals a fresh analysis of the folder, byte for byte.
  ///
  /// HARK_KILL_ROUNDS says how often, 20 times where it is not set.
  @Suite struct KillTests {
    private static let rounds =
      ProcessInfo.processInfo.environment["HARK_KILL_ROUNDS"].flatMap { Int($0) } ?? 20

    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func survivesKills() async throws {
      let home = try DaemonProcess.Home()
      var folder = ChangingFolder(home.folder, seed: UInt64(Self.rounds))
      var workersKilled = 0
      for round in 1...Self.rounds {
        let daemon = try DaemonProcess(home)
        for _ in 0..<3 {
          try folder.change()
          try await Task.sleep(for: .milliseconds(Int(folder.random.unit() * 700)))
          if folder.random.unit() < 0.2, let worker = daemon.process.children.randomElement() {
            kill(worker, SIGKILL)
            workersKilled += 1
          }
        }
        try await daemon.kill()
        // And now and then while nobody looks.
        if folder.random.unit() < 0.4 { try folder.change() }
        try await expectAllIsWell(home, "after kill \(round)")
      }
      print(
        "\(Self.rounds) kills of the daemon, \(workersKilled) of workers, \(folder.made) changes")

      let names = folder.hertz.keys.sorted()
      let seeds = [names[0], names[names.count / 2], names[names.count - 1]]
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)
      let survived = try await Contents(daemon, seeds: seeds)
      #expect(survived.recordings.count == Set(folder.hertz.values).count)
      #expect(try await daemon.stop() == 0)
      let report = try await expectAllIsWell(home, "at rest")
      #expect(
        report.contains("all is well (\(names.count) files, \(survived.recordings.count) rec"),
        "\(report)")
      let bytes = try await StoredChecksums(home)

      // A new state directory, and nobody kills it.
      try FileManager.default.removeItem(at: home.state)
      let fresh = try await DaemonProcess.start(home)
      try await fresh.untilAnalysed(names)
      let expected = try await Contents(fresh, seeds: seeds)
      #expect(survived == expected)
      #expect(try await fresh.stop() == 0)
      let freshBytes = try await StoredChecksums(home)
      #expect(freshBytes.of.count == expected.recordings.count)
      for (id, checksums) in freshBytes.of {
        #expect(bytes.of[id] == checksums, "\(id)")
      }
    }

    /// What `harkd --check` says of a state directory that no daemon has.
    @discardableResult
    private func expectAllIsWell(
      _ home: DaemonProcess.Home, _ when: String
    ) async throws -> String {
      let check = try await ProgramRun.run(ProgramRun.built("harkd"), ["--check"] + home.arguments)
      #expect(check.status == 0, "\(when): \(check.text)\(check.errors)")
      return check.text
    }
  }

  /// A folder whose files come, change, move and go at random, and what it must hold by then.
  private struct ChangingFolder {
    /// Each file's tone, which decides its recording.
    private(set) var hertz: [String: Int] = [:]
    var random: SplitMix64
    private let url: URL
    private(set) var made = 0

    init(_ url: URL, seed: UInt64) {
      self.url = url
      random = SplitMix64(seed: seed)
    }

    mutating func change() throws {
      let choice = hertz.count < 6 ? 0 : random.unit()
      let old = hertz.keys.sorted().randomElement(using: &random) ?? ""
      made += 1
      switch choice {
      case ..<0.5:
        // Now and then the same samples again, which share a recording.
        try write("\(made).wav", made % 7 == 6 ? 200 : 200 + made * 31)
      case ..<0.7:
        try write(old, 200 + made * 31)
      case ..<0.85:
        let new = made % 2 == 0 ? "\(made).wav" : "below/\(made).wav"
        try FileManager.default.createDirectory(
          at: place("below"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: place(old), to: place(new))
        hertz[new] = hertz.removeValue(forKey: old)
      default:
        try FileManager.default.removeItem(at: place(old))
        hertz[old] = nil
      }
    }

    private mutating func write(_ name: String, _ tone: Int) throws {
      try Clip.write(Clip.tone(Double(tone), seconds: 0.3), place(name))
      hertz[name] = tone
    }

    private func place(_ name: String) -> URL { url.appendingPathComponent(name) }
  }

  /// Each recording's checksums in the catalogue: of its embedding, its segments and its landmarks'
  /// record, which `--check` has compared with the bytes.
  private struct StoredChecksums {
    private(set) var of: [String: [Int]] = [:]

    init(_ home: DaemonProcess.Home) async throws {
      let query = """
        SELECT lower(hex(recording.id)), pooledChecksum, segmentsCount, segmentsChecksum, landmarks.checksum
        FROM recording JOIN product ON product.recording = recording.key
        JOIN landmarks ON landmarks.recording = recording.key
        """
      let script = """
        import json, sqlite3, sys
        rows = sqlite3.connect(sys.argv[1]).execute(sys.argv[2])
        print(json.dumps({row[0]: row[1:] for row in rows}))
        """
      let catalogue = home.state.appendingPathComponent("catalogue.sqlite").path
      let python = try #require(ProgramRun.find("python3"))
      let run = try await ProgramRun.run(python, ["-c", script, catalogue, query])
      try #require(run.status == 0, "\(run.errors)")
      of = try JSONDecoder().decode([String: [Int]].self, from: Data(run.text.utf8))
    }
  }

  /// All that can be seen of a library, for comparison with another one's.
  private struct Contents: Equatable {
    var ids: [String: String?] = [:]
    var recordings: [String: [String]] = [:]
    var segments: [String: [Int]] = [:]
    /// Of every seed: who is like it and how much.
    var scores: [[String: Double]] = []

    init(_ daemon: DaemonProcess, seeds: [String]) async throws {
      ids = try await daemon.files().mapValues(\.id)
      let all = try await daemon.recordings()
      recordings = try Dictionary(
        all.map { ($0.id, $0.files.map(\.path)) },
        uniquingKeysWith: { _, _ in throw Unmet(description: "a recording is there twice") })
      // Of recordings that have a file; others are kept for 30 days.
      segments = Dictionary(
        all.map { ($0.id, $0.products.map(\.segments)) }, uniquingKeysWith: { first, _ in first })
      for seed in seeds {
        let answer = try await daemon.similar(daemon.path(seed), "-k", "1000")
        scores.append(
          try Dictionary(
            answer.results.map { ($0.id, $0.score) },
            uniquingKeysWith: { _, _ in throw Unmet(description: "a result is there twice") }))
      }
    }
  }
}
