import Core
import Peaks
import TestSupport
import Testing

@testable import Fingerprint

/// A large library's postings are looked at a slice at a time, and a long recording has more votes than
/// a cell holds.
@Suite struct DuplicateSlicesTests {
  private static let parameters = FingerprintParameters()

  @Test func slicesFindWhatTheWholeFinds() throws {
    let music = (0..<4).map { Signals.music(seconds: 20, seed: 500 + UInt64($0)) }
    let noise = Signals.whiteNoise(count: music[0].count, seed: 2)
    var recordings: [[Float]] = music
    recordings.append(Signals.mixed(music[0].scaled(0.5), noise, decibels: 30))
    recordings.append(music[1].excerpt(from: 1.5, seconds: 17))
    recordings.append(Signals.played(music[2], speed: 1.03))
    recordings.append(music[3] + music[0])
    recordings.append([])
    let index = LandmarkIndex(hearing: recordings, Self.parameters)
    let whole = try DuplicateSearch(index).pairs()
    #expect(whole.count >= 4)
    let postings = JoinTable(index).postings
    #expect(JoinTable(index).slices == [0..<recordings.count])
    for atOnce in [1, postings / 3, postings / 2] {
      let slices = JoinTable(index, atOnce: atOnce).slices
      #expect(slices.count > 1)
      let numbers: [Int] = slices.flatMap { Array($0) }
      #expect(numbers == Array(recordings.indices))
      var search = DuplicateSearch(index)
      search.atOnce = atOnce
      var done: [Int] = []
      let found = try search.pairs { progress in
        done.append(progress.done)
        return true
      }
      #expect(found.map(\.first) == whole.map(\.first))
      #expect(found.map(\.second) == whole.map(\.second))
      #expect(found.map(\.relation) == whole.map(\.relation))
      // A line may be begun from another of its points.
      for (one, other) in zip(found, whole) {
        #expect(abs(one.offset - other.offset) < 1e-3 && abs(one.speed - other.speed) < 1e-5)
      }
      #expect(done == done.sorted() && done.last == recordings.count)
      #expect(done.count == slices.count * recordings.count)
    }
  }

  /// Each slice has the postings of its own recordings, and together they have all.
  @Test func slicesShareOutThePostings() {
    var random = SplitMix64(seed: 8)
    let recordings = (0..<7).map { _ in Constellation.random(using: &random) }
    let index = LandmarkIndex(recordings, Self.parameters)
    let table = JoinTable(index, atOnce: 2 * JoinTable(index).postings / 7)
    #expect(table.slices.count >= 3)
    var count = 0
    for recordings in table.slices {
      let slice = JoinSlice(index, table, recordings: recordings)
      for key in 0..<UInt32(Landmark.keys) where table.occurrences(of: key) > 0 {
        slice.withPostings(of: key) { postings in
          count += postings.count
          let isOwn = postings.allSatisfy { recordings.contains(index.recording(at: $0)) }
          #expect(isOwn)
        }
      }
    }
    #expect(count == table.postings)
  }

  @Test func aFullCellTakesNoMoreAndStillCounts() {
    var cells = OffsetCells(end: 100_000, atOnce: 100_000, longest: 50_000)
    // Two full neighbours: their sum must not wrap either.
    cells.withCells { cells in
      cells[40] = OffsetCells.full
      cells[41] = OffsetCells.full
    }
    #expect(cells.fullest(6, limit: 10).contains(40))
  }

  /// Two recordings that repeat a few landmarks all the time: each of the sample's pairs meets a thousand
  /// postings about the same offset.
  @Test func votesDoNotWrap() {
    var peaks: [Peak] = []
    for time: Int32 in 0..<1_000 {
      for voice: Int32 in 0..<30 {
        peaks.append(Peak(time: 8 * time, frequency: 160 + 80 * voice, rank: voice % 6))
      }
    }
    let constellation = Constellation(
      grids: [peaks], samples: 256_000, frames: 1_000, soundingFrames: 1_000)
    let index = LandmarkIndex([constellation, constellation], Self.parameters)
    let sample = RecordingSample(peaks, frames: 1_000, JoinTable(index), Self.parameters)
    var join = SelfJoin(index)
    let votes = join.votes(0, sample, .none)
    #expect(votes.values.max() == Int(OffsetCells.full))
  }
}
