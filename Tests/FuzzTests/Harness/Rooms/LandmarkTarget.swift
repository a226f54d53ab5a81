import Core
import SystemPackage
import TestSupport

@testable import Fingerprint
@testable import MappedFiles

/// Landmarks' files that others changed: opened, asked, merged, checked.
///
/// The first byte: 1 makes headers' and summaries' checksums right, 2 the tables', 4 the postings', 8
/// the records'. Then changes (``Patch``) to the records, two runs, and what the catalogue refers to.
/// Of a run the offset's lowest bits say whether its header, summary, recordings, directory or postings
/// are changed: the directory would get nearly every change otherwise.
struct LandmarkTarget: FuzzTarget {
  static let name = "landmarks"

  private static let parameters = FingerprintParameters()

  /// No change, and one to each file, with a few choices of checksums: each takes a good half second.
  static func seeds() throws -> [[UInt8]] {
    [0, 7, 8, 15].flatMap { (flags: UInt8) -> [[UInt8]] in
      [[flags]] + (0..<4).map { [flags, $0, 97 &* flags, 16, 0, 0, 4, 1, 2, 3, 4] }
    }
  }

  private let scratch: Scratch
  private let names: [String]
  private let files: [[UInt8]]
  private let committed: RecordingTable<LandmarkRange>
  private let query: Query

  init() throws {
    scratch = try Scratch()
    var random = SplitMix64(seed: 5)
    let recordings = (0..<6).map { _ in random.peaks(frames: 150) }
    let store = try Self.open(scratch.directory, [:])
    var committed: RecordingTable<LandmarkRange> = [:]
    for (number, recording) in recordings.enumerated() {
      let entry = LandmarkStore.Entry(
        recording: RecordingKey(Int64(number + 1)), constellation: recording)
      let range = try store.append([entry])[0]
      committed[entry.recording] = range
      try store.publish([(entry, range)])
      // Two runs, the smaller of one recording, and one recording that is in none.
      if number == 3 || number == 4 { try store.maintain() }
    }
    let runs = scratch.names.filter { $0.contains("-run-") }
    names = [LandmarkFile.records(generation: 1).name(Self.parameters)] + runs
    files = names.map(scratch.read)
    self.committed = committed
    query = Query(recordings[0], Self.parameters)
  }

  private static func open(
    _ path: FilePath, _ committed: RecordingTable<LandmarkRange>
  ) throws(HarkError) -> LandmarkStore {
    try LandmarkStore(
      directory: path, parameters: parameters, committed: committed, generation: 1,
      fileSystem: .system, landmarksPerRun: 100)
  }

  func take(_ input: [UInt8]) {
    var reader = InputReader(input)
    let flags = reader.byte()
    var (files, committed) = (files, committed)
    while !reader.isAtEnd {
      var patch = Patch(&reader, files: files.count)
      switch patch.file {
      case files.count: Self.apply(patch, to: &committed)
      case 0: patch.apply(to: &files[0])
      default:
        let region = Self.region(patch.offset & 7, of: files[patch.file])
        patch.offset >>= 3
        patch.apply(to: &files[patch.file], region)
      }
    }
    if flags & 8 != 0 { Self.mendRecords(&committed, files[0]) }
    if flags & 1 != 0 { IndexHeaderMending.mend(&files[0]) }
    for i in files.indices.dropFirst() { Self.mendRun(&files[i], flags) }
    scratch.clear()
    for (name, bytes) in zip(names, files) { scratch.write(bytes, name) }
    ask(committed)
  }

  /// Changes what the catalogue says of a recording: the first byte says what, the next eight to what.
  private static func apply(_ patch: Patch, to ranges: inout RecordingTable<LandmarkRange>) {
    var reader = InputReader(patch.bytes)
    let what = reader.byte()
    let number = Int(truncatingIfNeeded: UInt64(reader.long()) | UInt64(reader.long()) << 32)
    let key = RecordingKey(Int64(patch.offset % ranges.count + 1))
    switch what % 5 {
    case 0: ranges[key]?.offset = number
    case 1: ranges[key]?.length = number
    case 2: ranges[key]?.generation = number
    case 3: ranges[RecordingKey(Int64(number))] = ranges[key]
    default: ranges[key]?.length += number % 8
    }
  }

  private func ask(_ ranges: RecordingTable<LandmarkRange>) {
    _ = LandmarkStore.check(
      directory: scratch.directory, parameters: Self.parameters, committed: ranges, generation: 1)
    do {
      let store = try Self.open(scratch.directory, ranges)
      try ask(store)
      try store.maintain()
      try ask(store)
      for key in ranges.keys { _ = try? store.constellation(of: key) }
    } catch {}
  }

  private func ask(_ store: LandmarkStore) throws(HarkError) {
    let index = try store.snapshot()
    index.forEachKey { _, postings in
      for posting in postings where posting.recording >= index.numbers {
        broken("a posting is of a recording that is here")
      }
    }
    var identifier = Identifier(index)
    identifier.searches = [.sparse, .dense]
    for match in identifier.identify(query).matches where !match.offset.isFinite {
      broken("an offset is a number")
    }
  }
}

extension SplitMix64 {
  /// Random peaks in order of time, of few bins: so that keys occur often.
  mutating func peaks(frames: Int) -> Constellation {
    var peaks: [Peak] = []
    var time = Int32(next() % 8)
    while time < Int32(frames) * 8 {
      peaks.append(
        Peak(time: time, frequency: Int32(64 + next() % 160), rank: Int32(next() % 32)))
      time += Int32(next() % 33)
    }
    return Constellation(
      grids: [peaks], samples: frames * 256, frames: frames, soundingFrames: frames)
  }
}
