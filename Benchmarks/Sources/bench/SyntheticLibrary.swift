import Audio
import Catalogue
import Core
import Embedding
import Fingerprint
import Foundation
import Glibc
import SystemPackage
import VectorIndex

/// A library of many recordings that nobody had to analyse.
///
/// Its files are there, sparse and each of another size; its rows are written by the rooms that
/// always write them, Catalogue, VectorIndex and Fingerprint, with random unit vectors and peaks. A daemon that starts on
/// it finds every file as the catalogue knows it and answers at once.
struct SyntheticLibrary {
  let folder: FilePath
  let files: [FilePath]
  private let state: FilePath
  private let model: ModelID
  /// Of recordings 1, 2, 3, …
  private let rows: [StoredRows]

  private static let batch = 2_000
  /// Of each recording, which is as much as three seconds have: nothing here asks for more.
  private static let peaks = 100

  /// - Parameter segments: of each recording; all recordings share their codes, which no query
  ///   here looks at.
  init(
    recordings: Int, segments: Int, model: FilePath, in workplace: Workplace
  ) async throws {
    let folder = try workplace.folder("music")
    let state = try workplace.folder("state")
    chmod(state.string, 0o700)
    let catalogue = try Catalogue(path: state.appending("catalogue.sqlite"))
    let info = try ModelFile(path: model)
    guard try await catalogue.adopt(info.id, info: info.info) == .active else {
      throw HarkError(.defect, "the first model of a catalogue is not the active one")
    }
    let index = try ModelIndex.open(directory: state, model: info.id, rows: [], generation: 1)
    let parameters = FingerprintParameters()
    let landmarks = try LandmarkStore.open(
      directory: state, parameters: parameters, committed: [:], generation: 1)
    var generator = SeededGenerator(seed: 7)
    let codes = Self.codes(segments, &generator)
    var files: [FilePath] = []
    var stored: [StoredRows] = []
    for start in stride(from: 0, to: recordings, by: Self.batch) {
      let numbers = start..<min(recordings, start + Self.batch)
      let paths = try numbers.map { try Self.makeFile($0, in: folder) }
      let observed = try paths.map(Self.observe)
      let change = try await catalogue.observe(observed, isLive: false, now: 0)
      let items = try await catalogue.nextWork(limit: numbers.count, excluding: [], now: 1)
      guard change.pending == numbers.count, items.count == numbers.count else {
        throw HarkError(.defect, "the catalogue took \(items.count) of \(numbers.count) files")
      }
      let ranges = try landmarks.append(
        items.map { _ in
          LandmarkStore.Entry(
            recording: RecordingKey(0), constellation: Self.constellation(&generator))
        })
      var outcomes: [AnalysisOutcome] = []
      for (item, range) in zip(items, ranges) {
        let rows = try index.append(pooled: try Self.unitVector(&generator), segments: codes)
        stored.append(
          StoredRows(
            key: RecordingKey(Int64(stored.count + 1)), pooled: rows.pooled,
            segments: rows.segments))
        let products: [NewProduct] = [
          .embeddings(NewEmbeddings(model: info.id, precision: .f32, isShort: false, rows: rows)),
          .landmarks(version: parameters.version, range),
        ]
        outcomes.append(.analysed(item, try Self.analysis(segments, &generator), products))
      }
      try index.synchronise()
      _ = try await catalogue.record(outcomes, now: 1)
      files += paths
      if files.count % 20_000 == 0 { tell("\(files.count) recordings are made") }
    }
    self.folder = folder
    self.files = files
    self.state = state
    self.model = info.id
    rows = stored
  }

  /// The index that a daemon on this library has, once more: for reading only.
  func index() throws -> ModelIndex {
    let index = try ModelIndex.open(directory: state, model: model, rows: rows, generation: 1)
    index.sketchRows()
    return index
  }

  private static func makeFile(_ number: Int, in folder: FilePath) throws -> FilePath {
    // A thousand a folder, as people and programs keep them.
    let album = folder.appending("album \(number / 1_000)")
    if number % 1_000 == 0 { mkdir(album.string, 0o755) }
    let path = album.appending("song \(number).wav")
    let descriptor = open(path.string, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw HarkError.system("cannot make \(path.escaped)", errno: errno)
    }
    defer { close(descriptor) }
    guard ftruncate(descriptor, off_t(44 + number)) == 0 else {
      throw HarkError.system("cannot write \(path.escaped)", errno: errno)
    }
    return path
  }

  private static func observe(_ path: FilePath) throws -> ObservedFile {
    var status = stat()
    guard stat(path.string, &status) == 0 else {
      throw HarkError.system("cannot look at \(path.escaped)", errno: errno)
    }
    return ObservedFile(
      path: path, size: Int64(status.st_size),
      modified: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  private static func unitVector(_ generator: inout SeededGenerator) throws -> Core.Embedding {
    let values = (0..<Core.Embedding.dimension).map { _ in generator.signed() }
    guard let embedding = Core.Embedding(normalising: values) else {
      throw HarkError(.defect, "random numbers make no embedding")
    }
    return embedding
  }

  private static func codes(_ count: Int, _ generator: inout SeededGenerator) -> SegmentCodes {
    var codes = SegmentCodes()
    for _ in 0..<count {
      let values = (0..<Core.Embedding.dimension).map { _ in generator.signed() }
      values.withUnsafeBufferPointer { codes.append(quantising: $0) }
    }
    return codes
  }

  private static func constellation(_ generator: inout SeededGenerator) -> Constellation {
    let times = (0..<peaks).map { _ in Int32.random(in: 0..<2_400, using: &generator) }.sorted()
    let grid = times.map {
      Peak(time: $0, frequency: .random(in: 80..<2_000, using: &generator), rank: 1)
    }
    return Constellation(grids: [grid], samples: 48_000, frames: 300, soundingFrames: 300)
  }

  private static func analysis(
    _ segments: Int, _ generator: inout SeededGenerator
  ) throws -> Analysis {
    let bytes = (0..<4).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    guard let hash = ContentHash(bytes: bytes) else {
      throw HarkError(.defect, "32 bytes make no hash")
    }
    let seconds = Double(segments) * SegmentCodes.hop
    return Analysis(
      recording: RecordingID(hash),
      facts: AudioFacts(
        duration: seconds, sampleRate: 44_100, channels: 2, frames: Int64(seconds * 44_100),
        container: "WAV (Microsoft)", codec: "Signed 16 bit PCM", peak: 0.9, loudness: -14,
        silenceShare: 0),
      metadata: Metadata(title: "A song", artist: "Somebody", album: "An album"),
      decoder: Decoder.version, embeddings: [])
  }
}
