import Catalogue
import Core
import Fingerprint
import Foundation
import SystemPackage
import TestSupport
import Testing
import VectorIndex

/// A state directory of many recordings that nobody had to analyse: files lie in the watched folder as
/// the catalogue says, and rows are written by the rooms that always write them.
struct LargeState {
  /// Paths of the files.
  let files: [String]

  /// Of each recording: four minutes.
  private static let segments = 250
  /// Of each recording, which is as much as three seconds have: with those of four minutes, 100,000
  /// recordings would fill a day with making them.
  private static let peaks = 100
  private static let batch = 2_000

  /// - Parameter home: of a daemon that has not been started yet.
  static func make(_ home: DaemonProcess.Home, recordings: Int) async throws -> LargeState {
    // An empty library, with the model that is going to answer.
    #expect(try await DaemonProcess.start(home).stop() == 0)
    let state = FilePath(home.state.path)
    let catalogue = try Catalogue(path: state.appending("catalogue.sqlite"))
    let model = try #require(try await catalogue.models().first)
    let parameters = FingerprintParameters()
    let index = try ModelIndex.open(
      directory: state, model: model.id, rows: [], generation: model.generation)
    let landmarks = try LandmarkStore.open(
      directory: state, parameters: parameters, committed: [:], generation: 1)
    var random = SplitMix64(seed: 8)
    let codes = codes(&random)
    var files: [String] = []
    for start in stride(from: 0, to: recordings, by: batch) {
      let numbers = start..<min(recordings, start + batch)
      let observed = try numbers.map { try makeFile($0, in: home.folder) }
      _ = try await catalogue.observe(observed, isLive: false, now: 0)
      let items = try await catalogue.nextWork(limit: numbers.count, excluding: [], now: 1)
      try #require(items.count == numbers.count)
      let ranges = try landmarks.append(
        items.map { _ in
          LandmarkStore.Entry(recording: RecordingKey(0), constellation: constellation(&random))
        })
      var outcomes: [AnalysisOutcome] = []
      for (item, range) in zip(items, ranges) {
        let pooled = try #require(Embedding(normalising: random.vector(Embedding.dimension)))
        let rows = try index.append(pooled: pooled, segments: codes)
        outcomes.append(
          .analysed(
            item, try analysis(&random),
            [
              .embeddings(
                NewEmbeddings(model: model.id, precision: .f32, isShort: false, rows: rows)),
              .landmarks(version: parameters.version, range),
            ]))
      }
      try index.synchronise()
      _ = try await catalogue.record(outcomes, now: 1)
      files += observed.map(\.path.string)
    }
    try catalogue.close()
    return LargeState(files: files)
  }

  /// A sparse file of a size of its own, as it is seen by the watcher.
  private static func makeFile(_ number: Int, in folder: URL) throws -> ObservedFile {
    let album = folder.appendingPathComponent("\(number / 1_000)").path
    if number % 1_000 == 0 { try #require(mkdir(album, 0o755) == 0) }
    let path = "\(album)/\(number).wav"
    let descriptor = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var status = stat()
    try #require(ftruncate(descriptor, off_t(44 + number)) == 0 && fstat(descriptor, &status) == 0)
    return ObservedFile(
      path: FilePath(path), size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  private static func codes(_ random: inout SplitMix64) -> SegmentCodes {
    var codes = SegmentCodes()
    for _ in 0..<segments {
      random.vector(Embedding.dimension).withUnsafeBufferPointer { codes.append(quantising: $0) }
    }
    return codes
  }

  private static func constellation(_ random: inout SplitMix64) -> Constellation {
    let times = (0..<peaks).map { _ in Int32.random(in: 0..<2_400, using: &random) }.sorted()
    let grid = times.map {
      Peak(time: $0, frequency: .random(in: 80..<2_000, using: &random), rank: 1)
    }
    return Constellation(grids: [grid], samples: 48_000, frames: 300, soundingFrames: 300)
  }

  private static func analysis(_ random: inout SplitMix64) throws -> Analysis {
    let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    let seconds = Double(segments) * SegmentCodes.hop
    return Analysis(
      recording: RecordingID(try #require(ContentHash(bytes: bytes))),
      facts: AudioFacts(
        duration: seconds, sampleRate: 44_100, channels: 2, frames: Int64(seconds * 44_100),
        container: "WAV (Microsoft)", codec: "Signed 16 bit PCM", peak: 0.9, loudness: -14,
        silenceShare: 0),
      metadata: Metadata(title: "A song", artist: "Somebody", album: "An album"),
      decoder: "libsndfile-1.2.0", embeddings: [])
  }
}
