import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// `hark similar` against a brute force over `hark embed`.
  @Suite struct ScoreTests {
    /// A library of made scenes, of real files and of one duplicate, and its brute force.
    private struct Fixture {
      let daemon: DaemonProcess
      let scenes: [URL]
      let brute: BruteForce

      init() async throws {
        let home = try DaemonProcess.Home()
        var files: [URL] = []
        func add(_ data: Data, _ name: String) throws {
          let url = home.folder.appendingPathComponent(name)
          try Clip.write(data, url)
          files.append(url)
        }
        for index in 0..<6 {
          try add(
            Clip.scene(seed: UInt64(index), seconds: 1.5 + 0.6 * Double(index)), "\(index).wav")
        }
        for name in ["kick-1.wav", "hihat-open.flac", "snare-2.aiff"] {
          let source = Golden.repository.appendingPathComponent("Audio/drums/\(name)")
          try add(Data(contentsOf: source), "drums/\(name)")
        }
        try add(Data(contentsOf: files[1]), "drums/copy.wav")
        scenes = Array(files.prefix(6))
        brute = try await BruteForce(files, in: home)
        daemon = try await DaemonProcess.start(home)
        let root = home.folder.path + "/"
        try await daemon.untilAnalysed(files.map { String($0.path.dropFirst(root.count)) })
      }

      /// Right scores for exactly these recordings, best first, each with all its paths.
      func check(_ answer: Wire.SimilarAnswer, _ expected: [String: Double]) {
        #expect(Set(answer.results.map(\.id)) == Set(expected.keys))
        #expect(answer.results.count == expected.count, "a recording is listed twice")
        for result in answer.results {
          let score = expected[result.id] ?? .nan
          #expect(abs(result.score - score) < 1e-4, "\(result.path): \(result.score), \(score)")
          #expect(result.paths == brute.entries[result.id]?.paths)
        }
        // The order is that of exact scores, up to what single precision cannot tell apart.
        for (better, worse) in zip(answer.results, answer.results.dropFirst()) {
          #expect((expected[better.id] ?? .nan) > (expected[worse.id] ?? .nan) - 1e-6)
        }
      }
    }

    @Test func scoresAreThoseOfABruteForce() async throws {
      let fixture = try await Fixture()
      let (daemon, scenes, brute) = (fixture.daemon, fixture.scenes, fixture.brute)
      #expect(brute.entries.count == 9)

      // One seed, several, and away from another.
      let one = try await daemon.similar(scenes[0].path, "-k", "100")
      fixture.check(one, brute.pooled(like: [scenes[0]]))
      #expect(one.results.allSatisfy { $0.from == nil && $0.to == nil })
      let several = try await daemon.similar(
        scenes[0].path, scenes[3].path, "--unlike", scenes[5].path, "-k", "100")
      fixture.check(several, brute.pooled(like: [scenes[0], scenes[3]], unlike: [scenes[5]]))
      let few = try await daemon.similar(scenes[0].path, "-k", "3")
      #expect(few.results == Array(one.results.prefix(3)))

      // A recording's id stands for its file.
      let byID = try await daemon.similar(brute.id(scenes[0]), "-k", "100")
      #expect(byID.results == one.results)

      // Only what has a file below a folder, under that file's name.
      let drums = daemon.home.folder.appendingPathComponent("drums").path
      let below = try await daemon.similar(scenes[0].path, "--under", drums)
      let inDrums = brute.pooled(like: [scenes[0]]).filter { entry in
        brute.entries[entry.key]?.paths.contains { $0.hasPrefix(drums + "/") } ?? false
      }
      #expect(inDrums.count == 4)
      fixture.check(below, inDrums)
      #expect(below.results.allSatisfy { $0.path.hasPrefix(drums + "/") })

      // Audio from outside that the library holds too: the same answer, without itself.
      let outside = daemon.home.beside("outside.wav")
      try FileManager.default.copyItem(at: scenes[0], to: outside)
      let byBytes = try await daemon.similar(outside.path, "-k", "100")
      #expect(byBytes.query.audio?.id == brute.id(scenes[0]))
      fixture.check(byBytes, brute.pooled(like: [scenes[0]]))
      #expect(byBytes.results.map(\.id) == one.results.map(\.id))

      // Stretches: whole segments, a piece of one, and to the end.
      for (from, to) in [(0.96, 2.88), (1.0, 1.3), (2.5, nil)] as [(Double, Double?)] {
        let end = to.map { ["--to", "\($0)"] } ?? []
        let answer = try await daemon.similar(
          [scenes[5].path, "--from", "\(from)", "-k", "100"] + end)
        let segments = brute.stretch(of: scenes[5], from: from, to: to ?? 4.5)
        fixture.check(answer, segments.mapValues { $0.max() ?? .nan })
        #expect(answer.query.byMoment)
        for result in answer.results {
          let scores = segments[result.id] ?? []
          let start = try #require(result.from)
          let index = Int((start / 0.96).rounded())
          try #require(scores.indices.contains(index), "\(result)")
          #expect(abs(start - Double(index) * 0.96) < 1e-9)
          #expect(abs(try #require(result.to) - start - 0.96) < 1e-9)
          #expect(scores[index] > (scores.max() ?? .nan) - 1e-6, "not its best segment: \(result)")
        }
      }
      #expect(try await daemon.stop() == 0)
    }
  }
}
