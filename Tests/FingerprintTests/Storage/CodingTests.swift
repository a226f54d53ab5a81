import Core
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct CodingTests {
  private func roundTrip(_ constellation: Constellation) -> Constellation? {
    let bytes = ConstellationRecord.encode(constellation)
    return (bytes + [UInt8](repeating: 0xff, count: 8)).withUnsafeBytes {
      ConstellationRecord.decode(UnsafeRawBufferPointer(rebasing: $0[..<bytes.count]))
    }
  }

  @Test func numbersComeBack() {
    var random = SplitMix64(seed: 1)
    var writer = BitWriter()
    var written: [(value: UInt32, kind: Int)] = []
    for _ in 0..<4_000 {
      let value = UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.next() % 32)
      let kind = Int(random.next() % 3)
      written.append((value, kind))
      switch kind {
      case 0: writer.write(value, 32)
      case 1: writer.writeGolomb(value, order: 2)
      default: writer.writeVariable(UInt64(value))
      }
    }
    for value in [UInt32.max, 0, UInt32.max - 3] {
      written.append((value, 1))
      writer.writeGolomb(value, order: 2)
    }
    writer.align()
    let bytes = writer.bytes + [UInt8](repeating: 0, count: 8)
    bytes.withUnsafeBytes { all in
      var reader = BitReader(UnsafeRawBufferPointer(rebasing: all[..<(all.count - 8)]))
      for (value, kind) in written {
        let read =
          switch kind {
          case 0: reader.read(32)
          case 1: reader.readGolomb(order: 2)
          default: UInt32(truncatingIfNeeded: reader.readVariable())
          }
        #expect(read == value)
      }
      #expect(!reader.isPastEnd)
    }
  }

  @Test func constellationsComeBack() {
    var random = SplitMix64(seed: 2)
    for seconds in [0.5, 3, 17, 120] {
      let constellation = random.constellation(seconds: seconds)
      #expect(roundTrip(constellation) == constellation)
    }
    let none = Constellation(grids: [[]], samples: 12, frames: 0, soundingFrames: 0)
    #expect(roundTrip(none) == none)
    let odd = Constellation(
      grids: [
        [
          Peak(time: -7, frequency: 0, rank: 0), Peak(time: -7, frequency: 65_535, rank: 65_535),
          Peak(time: 90_000, frequency: 5, rank: 1), Peak(time: 1 << 30, frequency: 0, rank: 3),
        ]
      ], samples: 1 << 35, frames: 9, soundingFrames: 4)
    #expect(roundTrip(odd) == odd)
  }

  /// Sums of such numbers would not fit: no answer is tried with them, whatever the checksum says.
  @Test func whatNoAudioHasIsNoRecord() {
    let sound = Constellation(
      grids: [[Peak(time: 8, frequency: 64, rank: 0), Peak(time: 9, frequency: 64, rank: 1)]],
      samples: 512, frames: 2, soundingFrames: 2)
    #expect(roundTrip(sound) == sound)
    let changes: [(inout Constellation) -> Void] = [
      { $0.samples = 1 << 35 + 1 }, { $0.frames = 1 << 27 + 1 }, { $0.frames = .max },
      { $0.soundingFrames = 1 << 27 + 1 }, { $0.grids[0][0].time = -65 },
      { $0.grids[0][1].time = .max }, { $0.grids[0][0].time = 17 },
      { $0.grids[0][0].frequency = -1 }, { $0.grids[0][1].frequency = 65_536 },
      { $0.grids[0][0].rank = .max },
    ]
    for (number, change) in changes.enumerated() {
      var constellation = sound
      change(&constellation)
      #expect(roundTrip(constellation) == nil, "change \(number)")
    }
  }

  @Test func aStretchHoldsItsPeaks() {
    var random = SplitMix64(seed: 3)
    let constellation = random.constellation(seconds: 200)
    let bytes = ConstellationRecord.encode(constellation) + [UInt8](repeating: 0, count: 8)
    for _ in 0..<50 {
      let from = Int32(random.next() % 110_000) - 5_000
      let stretch = from...from + Int32(random.next() % 9_000)
      let part = bytes.withUnsafeBytes {
        ConstellationRecord.decode(
          UnsafeRawBufferPointer(rebasing: $0[..<(bytes.count - 8)]), stretch: stretch)
      }
      let within = part?.grids[0].filter { stretch.contains($0.time) }
      #expect(within == constellation.grids[0].filter { stretch.contains($0.time) })
      #expect((part?.grids[0].count ?? .max) < constellation.grids[0].count / 2)
    }
  }

  /// Whatever bytes come: an answer or none, and nothing read outside them.
  @Test func damagedRecordsAreHarmless() {
    var random = SplitMix64(seed: 4)
    let sound = ConstellationRecord.encode(random.constellation(seconds: 20))
    for _ in 0..<2_000 {
      var bytes = sound
      for _ in 0...random.next() % 4 {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let count = Int(random.next() % UInt64(bytes.count + 1))
      let decoded = (bytes.prefix(count) + [UInt8](repeating: 0, count: 8)).withUnsafeBytes {
        ConstellationRecord.decode(UnsafeRawBufferPointer(rebasing: $0[..<count]))
      }
      #expect((decoded?.grids[0].count ?? 0) <= count * 8)
    }
  }

  @Test(arguments: [1, 2, 63, 64, 1_000, 70_000, 900_000])
  func postingsComeBack(frames: Int) {
    var random = SplitMix64(seed: 5)
    var lists: [[UInt32]] = []
    for i in 0..<RunBlock.keys {
      let count = i % 3 == 0 ? 0 : Int(random.next() % UInt64(min(frames * 2, 600) + 1))
      lists.append(
        (0..<count).map { _ in UInt32(random.next() % UInt64(frames)) }.sorted())
    }
    var writer = BitWriter()
    RunBlock.encode(lists, frames: frames, into: &writer)
    let bytes = writer.bytes + [UInt8](repeating: 0xff, count: 8)
    bytes.withUnsafeBytes { all in
      guard let base = all.baseAddress else { return }
      var bit = 8 + RunBlock.keys * Int(all[0])
      for list in lists {
        var found: [UInt32] = []
        if !list.isEmpty {
          RunBlock.decode(
            base, bit: bit, count: list.count, frames: frames, base: 7, into: &found)
        }
        bit += RunBlock.bits(list.count, frames)
        #expect(found == list.map { $0 + 7 })
      }
      #expect((bit + 7) / 8 == writer.bytes.count)
    }
  }
}
