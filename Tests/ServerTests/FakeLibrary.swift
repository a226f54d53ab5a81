import Core
import Foundation
import Library
import Synchronization
import SystemPackage

/// A library in memory: a few files and recordings, and a record of what it was asked.
final class FakeLibrary: LibraryService {
  struct State {
    var files: [FileEntry] = []
    var recordings: [RecordingEntry] = []
    var queries: [SimilarQuery] = []
    var fileQueries: [FileQuery] = []
    var rescans: [FilePath?] = []
    var adopted: [FilePath] = []
    var forgotten: [FilePath] = []
    var analysed: [[UInt8]] = []
    var tagged: [Seed.Source] = []
    var identified: [IdentifyQuery] = []
    var search = Search()
    var analysis = Search()
    var listened = 0
    /// Questions about the status that are under way, and the most that ever were.
    var atOnce = 0
    var mostAtOnce = 0
    /// What each question about duplicates would wait, at most.
    var waits: [Double?] = []
    /// Groups of two files each.
    var groupCount = 3
    var isComparing = false
    /// Best first, as the model gives them.
    var tags: [Tag] = [Tag(label: "rain", score: 0.75), Tag(label: "bell", score: 0.25)]
    var failure: AnalysisFailure?
    var error: HarkError?
    var listeners: [UUID: AsyncStream<LibraryEvent>.Continuation] = [:]
  }

  static let odd = FilePath(bytes: Array("/music/caf".utf8) + [0xe9])
  private let state = Mutex(State())

  init() {
    let paths: [FilePath] = ["/music/a.flac", "/music/b \"quoted\"\n.ogg", Self.odd]
    for (index, path) in paths.enumerated() {
      let id = Self.id(index)
      let file = FileEntry(
        path: path, state: .analysed, size: 100, modified: 1_700_000_000_500_000_000,
        recording: id, duration: 2.5, metadata: Metadata(title: "Title \(index)"), failure: nil,
        failureCount: 0, retryAt: nil, added: 1_700_000_001)
      let facts = AudioFacts(
        duration: 2.5, sampleRate: 44_100, channels: 2, frames: 110_250, container: "FLAC",
        codec: "Signed 16 bit PCM", peak: 0.5, loudness: index == 0 ? nil : -20,
        silenceShare: 0.1)
      let product = RecordingEntry.Product(
        model: ModelID(Self.id(99).hash), precision: .f32, segments: 3, isShort: false)
      let recording = RecordingEntry(
        id: id, facts: facts, decoder: "libsndfile-1.2.0", added: 1_700_000_002, files: [file],
        products: [product])
      state.withLock {
        $0.files.append(file)
        $0.recordings.append(recording)
      }
    }
    let failed = FileEntry(
      path: "/music/x.mp3", state: .failed, size: 7, modified: 0, recording: nil, duration: nil,
      metadata: Metadata(), failure: AnalysisFailure(.readError, "input/output error"),
      failureCount: 2, retryAt: 1_700_000_100, added: 1_700_000_003)
    state.withLock { $0.files.append(failed) }
  }

  static func id(_ index: Int) -> RecordingID {
    guard let id = RecordingID(String(repeating: "a", count: 60) + String(format: "%04x", index))
    else { fatalError("64 digits make an id") }
    return id
  }

  static func model(_ name: String) -> ModelInfo {
    ModelInfo(
      id: ModelID(id(99).hash), name: name, architecture: "vggish-hark", isTrained: false,
      licence: "CC0-1.0", labels: ["bell", "rain"])
  }

  /// What was asked, and what is answered.
  func with<Value: Sendable>(_ body: (inout sending State) -> sending Value) -> Value {
    state.withLock { body(&$0) }
  }

  func send(_ kind: LibraryEvent.Kind, number: UInt64) {
    let event = LibraryEvent(number: number, time: 1_700_000_000, kind: kind)
    for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(event) }
  }

  var listenerCount: Int { state.withLock { $0.listeners.count } }

  func fail() throws(HarkError) {
    if let error = state.withLock({ $0.error }) { throw error }
  }

  func status() async throws(HarkError) -> LibraryStatus {
    state.withLock {
      $0.atOnce += 1
      $0.mostAtOnce = max($0.mostAtOnce, $0.atOnce)
    }
    defer { state.withLock { $0.atOnce -= 1 } }
    try? await Task.sleep(for: .milliseconds(2))
    try fail()
    var counts = LibraryStatus.FileCounts()
    counts.analysed = 3
    counts.failed = 1
    let info = Self.model("a \"model\"\\")
    return LibraryStatus(
      version: HarkVersion.current, pid: 7, started: 1_700_000_000,
      stateDirectory: "/var/lib/hark",
      roots: [.init(path: "/music", state: .watching), .init(path: Self.odd, state: .offline)],
      files: counts, recordings: 3, duration: 7.5,
      models: [.init(info: info, role: .active, precision: .f32, recordings: 3, segments: 9)],
      workers: [
        .init(pid: 8, lane: "backlog", state: "busy", file: "/a", seconds: 1, restarts: 2),
        .init(pid: 9, lane: "query", state: "idle", file: nil, seconds: nil, restarts: 0),
      ], analysedSinceStart: 3, secondsSinceStart: 7.5, isIdle: true,
      sandbox: .full, warnings: [])
  }

  func files(_ query: FileQuery) async throws(HarkError) -> Page<FileEntry, FilePath> {
    try fail()
    return state.withLock { state in
      state.fileQueries.append(query)
      let all = state.files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        .filter { query.states.isEmpty || query.states.contains($0.state) }
        .filter { file in query.under.map { file.path.isAtOrBelow($0) } ?? true }
        .filter { file in
          query.after.map { $0.bytes.lexicographicallyPrecedes(file.path.bytes) } ?? true
        }
      let page = Array(all.prefix(query.limit))
      return Page(elements: page, next: all.count > page.count ? page.last?.path : nil)
    }
  }

  func file(at path: FilePath) async throws(HarkError) -> FileEntry {
    guard let file = state.withLock({ $0.files.first { $0.path == path } }) else {
      throw HarkError(.notFound, "\(path.escaped) is not in the library")
    }
    return file
  }

  func recordings(
    _ query: RecordingQuery
  ) async throws(HarkError) -> Page<RecordingEntry, RecordingKey> {
    let all = state.withLock { $0.recordings }
    let start = Int(query.after?.rawValue ?? 0)
    let page = Array(all.dropFirst(start).prefix(query.limit))
    let end = start + page.count
    return Page(elements: page, next: end < all.count ? RecordingKey(Int64(end)) : nil)
  }

  func recording(_ id: RecordingID) async throws(HarkError) -> RecordingEntry {
    guard let recording = state.withLock({ $0.recordings.first { $0.id == id } }) else {
      throw HarkError(.notFound, "there is no recording \(id)")
    }
    return recording
  }

  func similar(_ query: SimilarQuery) async throws(HarkError) -> SimilarAnswer {
    try fail()
    let byMoment = query.like.contains { $0.range != nil }
    let range = byMoment ? try TimeRange(from: 0.96, to: 1.92) : nil
    let recordings = state.withLock { state in
      state.queries.append(query)
      return state.recordings
    }
    let results = recordings.prefix(query.k).map { recording in
      SimilarAnswer.Result(
        path: recording.files[0].path, paths: recording.files.map(\.path), id: recording.id,
        score: 0.5, range: range, duration: 2.5, metadata: recording.files[0].metadata)
    }
    return SimilarAnswer(model: Self.model("model"), isByMoment: byMoment, results: Array(results))
  }

  func tags(of source: Seed.Source) async throws(HarkError) -> TagAnswer {
    try fail()
    switch source {
    case .file(let path): _ = try await file(at: path)
    case .recording(let id): _ = try await recording(id)
    case .analysis: break
    }
    return state.withLock { state in
      state.tagged.append(source)
      return TagAnswer(model: Self.model("model"), tags: state.tags)
    }
  }

  func identify(_ query: IdentifyQuery) async throws(HarkError) -> IdentifyAnswer {
    try fail()
    try await search()
    switch query.source {
    case .file(let path): _ = try await file(at: path)
    case .recording(let id): _ = try await recording(id)
    case .analysis: break
    }
    return state.withLock { state in
      state.identified.append(query)
      guard query.expect > 1 else {
        return IdentifyAnswer(duration: 1, results: [], reason: "no match")
      }
      let recording = state.recordings[2]
      let result = IdentifyAnswer.Result(
        path: recording.files[0].path, paths: recording.files.map(\.path), id: recording.id,
        score: 0.5, offset: -0.25, speed: 1.02, pitch: 1, intervals: Self.interval,
        expectedFalseMatches: 0.5, duration: 2.5, metadata: recording.files[0].metadata)
      return IdentifyAnswer(duration: 1, results: [result], reason: nil)
    }
  }

  func duplicates(
    waitingAtMost seconds: Double?
  ) async throws(HarkError) -> DuplicateAnswer {
    try fail()
    return state.withLock { state in
      state.waits.append(seconds)
      if state.isComparing { return DuplicateAnswer(recordings: 9, compared: 4, groups: []) }
      let groups = (0..<state.groupCount).map { _ in
        let files = state.recordings.prefix(2).enumerated().map { number, recording in
          DuplicateAnswer.File(
            path: recording.files[0].path, id: recording.id,
            correspondence: number == 0
              ? nil
              : DuplicateAnswer.Correspondence(
                relation: .trimmed, offset: -0.5, speed: 1, pitch: 1, intervals: Self.interval),
            differences: number == 0 ? [] : [.length, .bitRate], size: 100, bitRate: 320,
            container: "FLAC", codec: "Signed 16 bit PCM", facts: recording.facts,
            metadata: recording.files[0].metadata)
        }
        return DuplicateAnswer.Group(relation: .trimmed, files: files)
      }
      return DuplicateAnswer(recordings: 9, compared: 9, groups: groups)
    }
  }

  private static let interval = [try? TimeRange(from: 0.25, to: 0.75)].compactMap { $0 }

  func listen(
    to descriptor: SystemPackage.FileDescriptor
  ) async throws(AnalysisFailure) -> Analysis {
    state.withLock { $0.listened += 1 }
    return try await analyse(descriptor)
  }

  func analyse(
    _ descriptor: SystemPackage.FileDescriptor
  ) async throws(AnalysisFailure) -> Analysis {
    let failure = state.withLock { $0.failure }
    if let failure { throw failure }
    try await listen()
    var bytes: [UInt8] = []
    do {
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        guard count > 0 else { break }
        bytes += buffer.prefix(count)
      }
    } catch {
      throw AnalysisFailure(.readError, "\(error)")
    }
    state.withLock { $0.analysed.append(bytes) }
    let facts = AudioFacts(
      duration: 1, sampleRate: 8_000, channels: 1, frames: 8_000, container: "WAV",
      codec: "PCM", peak: 1, loudness: nil, silenceShare: 0)
    return Analysis(
      recording: Self.id(50), facts: facts, metadata: Metadata(), decoder: "test",
      embeddings: [])
  }

  func rescan(under directory: FilePath?, adopting isAdopting: Bool) async throws(HarkError) {
    if let directory, !directory.isAtOrBelow("/music") {
      throw HarkError(.notFound, "\(directory.escaped) lies outside every root")
    }
    state.withLock {
      $0.rescans.append(directory)
      if isAdopting, let directory { $0.adopted.append(directory) }
    }
  }

  func forget(_ path: FilePath) async throws(HarkError) {
    _ = try await file(at: path)
    state.withLock { $0.forgotten.append(path) }
  }

  func events() -> AsyncStream<LibraryEvent> {
    let (stream, source) = AsyncStream.makeStream(
      of: LibraryEvent.self, bufferingPolicy: .bufferingNewest(1024))
    let id = UUID()
    state.withLock { $0.listeners[id] = source }
    source.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.listeners.removeValue(forKey: id) }
    }
    return stream
  }
}
