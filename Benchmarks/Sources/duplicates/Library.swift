import Core
import Dispatch
import Fingerprint
import Foundation
import Peaks
import Synchronization

/// A library made by `Benchmarks/duplicates/generate.py`, heard.
struct Library {
  /// A recording as the generator describes it.
  struct Entry: Decodable, Sendable {
    var first: Int
    var count: Int
    var path: String
    /// The number of the piece; −1 for a mix.
    var source: Int
    var copy: String
    var parts: [Part]?

    struct Part: Decodable, Sendable {
      var source: Int
      var at: Int
      var count: Int
    }
  }

  let entries: [Entry]
  let constellations: [Constellation]

  init(_ folder: URL, _ parameters: FingerprintParameters) throws {
    let table = try Data(contentsOf: folder.appending(path: "library.json"))
    let entries = try JSONDecoder().decode([Entry].self, from: table)
    let samples = try Data(
      contentsOf: folder.appending(path: "library.s16"), options: .alwaysMapped)
    let results = Mutex([Constellation?](repeating: nil, count: entries.count))
    DispatchQueue.concurrentPerform(iterations: entries.count) { i in
      let heard = samples.withUnsafeBytes { bytes in
        let values = bytes.bindMemory(to: Int16.self)
        let entry = entries[i]
        let floats = values[entry.first..<(entry.first + entry.count)].map {
          Float(Int16(littleEndian: $0)) / 32_768
        }
        return ConstellationExtractor.constellation(of: floats, parameters, role: .recording)
      }
      results.withLock { $0[i] = heard }
    }
    self.entries = entries
    constellations = results.withLock { $0.compactMap(\.self) }
  }
}

/// Recordings that nobody else has, whose landmarks are as common as those of music: seconds of real
/// music in random order, each moved up or down a little.
struct Shuffler {
  private let seconds: [[Peak]]
  private let parameters: FingerprintParameters
  private static let frames: Int32 = 63

  init(_ constellations: [Constellation], _ parameters: FingerprintParameters) {
    self.parameters = parameters
    var seconds: [[Peak]] = []
    for constellation in constellations {
      let parts = Dictionary(grouping: constellation.grids[0]) { $0.frame / Self.frames }
      for (part, peaks) in parts.sorted(by: { $0.key < $1.key }) {
        seconds.append(
          peaks.map { peak in
            var moved = peak
            moved.time -= part * Self.frames * Peak.scale
            return moved
          })
      }
    }
    self.seconds = seconds
  }

  func recording(seconds length: Double, seed: UInt64) -> Constellation {
    // Sequences whose states lie a step apart would be each other's, shifted.
    var seeds = Random(state: seed)
    var random = Random(state: seeds.next())
    let parts = Int(length / parameters.frameSeconds / Double(Self.frames))
    let lowest = Int32(parameters.bins.lowerBound) * Peak.scale
    let bins = lowest..<Int32(parameters.bins.upperBound) * Peak.scale
    var peaks: [Peak] = []
    for part in 0..<parts {
      let move = Int32.random(in: -160...160, using: &random)
      for peak in seconds.randomElement(using: &random) ?? [] {
        var moved = peak
        moved.time += Int32(part) * Self.frames * Peak.scale
        moved.frequency += move
        if bins.contains(moved.frequency) { peaks.append(moved) }
      }
    }
    peaks.sort { ($0.time, $0.frequency) < ($1.time, $1.frequency) }
    let frames = parts * Int(Self.frames)
    return Constellation(
      grids: [peaks], samples: frames * parameters.hop, frames: frames, soundingFrames: frames)
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}
