import Core
import Fingerprint
import Foundation
import Peaks

/// `draws=COUNT size=RECORDINGS`: what chance gives in libraries of so many recordings, drawn
/// from the folder's. The queries of which no recording is there are asked, in each draw a share
/// of them. Prints for each query and search what number of false matches was expected of the
/// best that was found: where that number is honest, a share x of them is below x.
struct Draws {
  let count: Int
  let size: Int
  let seed: UInt64
  /// A query is asked of every how many-th draw.
  let share: Int

  struct Row: Encodable, Sendable {
    var draw: Int
    var recordings: Int
    var frames: Int
    var query: Int
    var seconds: Double
    var searches: Int
    /// Nil where nothing was found of which less than ``Draws/bar`` a frame of library is expected.
    var expected: Double?
    var evidence: Double?
    /// In the folder's library.
    var recording: Int?
    var offset: Double?
    var speed: Double?
    var pitch: Double?
  }

  /// False matches expected of a frame of library above which what was found is of no interest.
  static let bar = 1e-7

  func print(
    _ library: [Constellation], _ queries: [(number: Int, query: Query)], searches: [Int],
    _ parameters: FingerprintParameters
  ) throws {
    var random = Sequence(state: seed)
    for draw in 0..<count {
      let chosen = Array(library.indices.shuffled(using: &random).prefix(size))
      let index = LandmarkIndex(chosen.map { library[$0] }, parameters)
      let turn = queries.filter { ($0.number + draw) % share == 0 }
      let rows = parallel(turn.count) { i in
        searches.map { number -> Row in
          var identifier = Identifier(index)
          identifier.bar = Self.bar * Double(index.frames)
          identifier.searches = .init(rawValue: number)
          let (number, query) = (number, turn[i].query)
          let match = identifier.identify(query).matches.first
          return Row(
            draw: draw, recordings: chosen.count, frames: index.frames, query: turn[i].number,
            seconds: query.seconds, searches: number, expected: match?.expectedFalseMatches,
            evidence: match?.evidence,
            recording: match.map { chosen[Int($0.recording.rawValue) - 1] }, offset: match?.offset,
            speed: match?.speed, pitch: match?.pitch)
        }
      }
      let encoder = JSONEncoder()
      for row in rows.joined() {
        Swift.print(String(decoding: try encoder.encode(row), as: UTF8.self))
      }
    }
  }

  /// The same numbers for the same seed (Steele, Lea & Flood's SplitMix64).
  private struct Sequence: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
