import Core
import Fingerprint
import Foundation
import Peaks
import SystemPackage

/// `scale=HOURS`: how a store of so many hours answers. The folder's recordings stand in it among
/// distractors, which are the same recordings with every peak moved: shifted and wrapped around in
/// frequency and stretched in time, each differently. So keys are as common as music makes them, and
/// no distractor is what a query holds.
///
/// The store is made in `FOLDER/store-HOURS` and used again where it is there already: memory is to be
/// read from a run that finds it made.
struct Scale {
  let folder: URL
  let hours: Double
  let parameters: FingerprintParameters

  private var directory: URL { folder.appending(path: "store-\(Int(hours))") }
  private var table: URL { directory.appending(path: "committed.json") }

  private struct Row: Codable {
    var key: Int64
    var range: LandmarkRange
  }

  func open(_ library: Corpus<RecordingEntry>) throws -> LandmarkStore {
    if !FileManager.default.fileExists(atPath: table.path) { try make(library) }
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: table))
    let clock = ContinuousClock()
    let begin = clock.now
    let store = try LandmarkStore.open(
      directory: FilePath(directory.path), parameters: parameters,
      committed: rows.reduce(into: [:]) { $0[RecordingKey($1.key)] = $1.range },
      generation: 1)
    let opened = clock.now
    try store.maintain()
    let runs = store.runs
    let bytes = store.waste.bytes + runs.bytes
    Main.log(
      "\(store.count) recordings opened in \(opened - begin), runs checked in "
        + "\(clock.now - opened); \(runs.count) runs; bytes/h: records "
        + "\(Double(store.waste.bytes) / hours), runs \(Double(runs.bytes) / hours), "
        + "all \(Double(bytes) / hours)")
    return store
  }

  private func make(_ library: Corpus<RecordingEntry>) throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let originals = parallel(library.entries.count) { i in
      ConstellationExtractor.constellation(
        of: library.samples(of: library.entries[i]), parameters, role: .recording)
    }
    let clock = ContinuousClock()
    let begin = clock.now
    let store = try LandmarkStore.open(
      directory: FilePath(directory.path), parameters: parameters, committed: [:], generation: 1)
    var rows: [Row] = []
    var random = SystemRandomNumberGenerator()
    var frames = 0.0
    while frames * parameters.frameSeconds < hours * 3_600 {
      let isFirst = rows.isEmpty
      for batch in stride(from: 0, to: originals.count, by: 8) {
        let entries = (batch..<min(batch + 8, originals.count)).map { i in
          LandmarkStore.Entry(
            recording: RecordingKey(Int64(rows.count + i - batch + 1)),
            constellation: isFirst ? originals[i] : moved(originals[i], &random))
        }
        let ranges = try store.append(entries)
        rows += zip(entries, ranges).map { Row(key: $0.recording.rawValue, range: $1) }
        try store.publish(Array(zip(entries, ranges)))
        try store.maintain()
        frames += Double(entries.reduce(0) { $0 + $1.constellation.frames })
        if frames * parameters.frameSeconds >= hours * 3_600, !isFirst { break }
      }
    }
    Main.log("store of \(rows.count) recordings made in \(clock.now - begin)")
    try JSONEncoder().encode(rows).write(to: table)
  }

  private func moved(
    _ constellation: Constellation, _ random: inout SystemRandomNumberGenerator
  ) -> Constellation {
    let bins = parameters.bins
    let band = Int32(bins.count) * Peak.scale
    let lowest = Int32(bins.lowerBound) * Peak.scale
    let shift = Int32.random(in: 0..<band, using: &random)
    let stretch = Double.random(in: 0.8...1.25, using: &random)
    var moved = constellation
    moved.grids = constellation.grids.map { grid in
      grid.map { peak in
        Peak(
          time: Int32((Double(peak.time) * stretch).rounded()),
          frequency: lowest + (peak.frequency - lowest + shift) % band, rank: peak.rank)
      }
    }
    moved.frames = Int((Double(constellation.frames) * stretch).rounded(.up)) + 1
    return moved
  }

  /// What the calling thread has had of a processor: other programs do not count.
  static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Memory that is not of mapped files, and that of files, in MiB.
  static var memory: String {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    return status.split(separator: "\n").filter { $0.hasPrefix("Rss") }.joined(separator: ", ")
  }
}
