import Core
import MappedFiles
import Synchronization
import SystemPackage

/// The landmarks of a library on disk, and what queries read of them.
///
/// Any thread may call anything; a query takes one ``snapshot()`` and sees that. The order that makes
/// a crash harmless is ``append(_:)``, the catalogue's transaction, ``publish(_:)``. What no
/// transaction refers to is cut off at the next ``open(directory:parameters:committed:generation:)``.
/// Calls may block on the disk, so none belongs on Swift's cooperative threads.
///
/// Memory: the ranges (some 60 bytes a recording), and landmarks that are in no run yet, 8 bytes each,
/// ``landmarksPerRun`` at most while ``maintain()`` is called.
public final class LandmarkStore: Sendable {
  public let parameters: FingerprintParameters
  let directory: FilePath
  let fileSystem: FileSystem
  let writer: Mutex<Writer>
  let state: Mutex<State>
  /// Held by whoever writes runs. Taken before ``state``, and never together with ``writer``.
  let maintaining = Mutex(())
  /// Landmarks in memory that are worth a run.
  let landmarksPerRun: Int

  /// Where the next record goes. Taken before ``state`` by whoever needs both.
  struct Writer: Sendable {
    var file: DataFile
    var generation: Int
    var end: Int
    /// Records were appended, and not published yet.
    var isBatchOpen = false
    var isDirectorySynchronised = false
    var isCompacting = false
    /// Why nothing more can be written.
    var failure: HarkError?
  }

  struct State: Sendable {
    var generation: Int
    var file: DataFile
    var ranges: RecordingTable<LandmarkRange>
    /// In order of size, about: runs, then tails. Only the last tail grows.
    var parts: [Part] = []
    /// In which part each recording lies, by the part's id, and its slot there.
    var places = RecordingTable<Place>()
    /// Recordings that are in no part, since their run was lost: ``maintain()`` brings them back.
    var missing: Set<RecordingKey> = []
    var nextPart = 0
    /// The number of the next run.
    var nextRun = 1
    /// Runs whose postings have not been checked since the store was opened.
    var unchecked: Set<Int> = []
    /// Keys removed since a compaction began; nil when none is under way.
    var removals: [RecordingKey]?
    /// Grows whenever recordings come or go.
    var revision = 0

    struct Place: Hashable, Sendable {
      private let partNumber: UInt32
      private let slotNumber: UInt32

      /// Both fit 32 bits: a part takes a run of the file system's, a slot 24 bytes of it.
      init(part: Int, slot: Int) {
        partNumber = UInt32(truncatingIfNeeded: part)
        slotNumber = UInt32(truncatingIfNeeded: slot)
      }

      var part: Int { Int(partNumber) }
      var slot: Int { Int(slotNumber) }
    }
  }

  /// A recording to be stored.
  public struct Entry: Sendable {
    public var recording: RecordingKey
    /// Its first grid is kept.
    public var constellation: Constellation

    public init(recording: RecordingKey, constellation: Constellation) {
      self.recording = recording
      self.constellation = constellation
    }
  }

  /// Opens the records of a generation, makes the file if it is missing and nothing refers to it, and
  /// cuts off what follows the last record that `committed` refers to. Opens the runs that are sound;
  /// what they do not hold is read from the records: some of it here, the rest by ``maintain()``,
  /// which is to be called at once.
  ///
  /// Throws ``HarkError``: `corrupt` for a damaged header, a file that is too short or ranges that
  /// contradict each other; `newerVersion` for a file of a newer Hark, runs too; what the system says.
  /// Complexity: O(recordings), and up to ``landmarksPerRun`` landmarks.
  public static func open(
    directory: FilePath, parameters: FingerprintParameters,
    committed: RecordingTable<LandmarkRange>, generation: Int
  ) throws(HarkError) -> LandmarkStore {
    try LandmarkStore(
      directory: directory, parameters: parameters, committed: committed, generation: generation,
      fileSystem: .system)
  }

  init(
    directory: FilePath, parameters: FingerprintParameters,
    committed: RecordingTable<LandmarkRange>, generation: Int, fileSystem: FileSystem,
    landmarksPerRun: Int = 1 << 20
  ) throws(HarkError) {
    let end = try Self.end(of: committed, generation: generation, directory: directory)
    let file = try Self.openRecords(
      in: directory, parameters, generation: generation, end: end, fileSystem)
    self.parameters = parameters
    self.directory = directory
    self.fileSystem = fileSystem
    self.landmarksPerRun = landmarksPerRun
    var state = State(generation: generation, file: file, ranges: committed)
    try state.openRuns(in: directory, parameters, fileSystem)
    try file.truncate(to: end)
    writer = Mutex(Writer(file: file, generation: generation, end: end))
    self.state = Mutex(state)
    // What cannot be read now ``maintain()`` tries again.
    try? absorbMissing(upTo: landmarksPerRun)
  }

  /// Where the last record ends. Throws `corrupt` for ranges that contradict each other.
  static func end(
    of ranges: RecordingTable<LandmarkRange>, generation: Int, directory: FilePath
  ) throws(HarkError) -> Int {
    // Records are appended as recordings get their keys: mostly in their order.
    let isOrdered = zip(ranges, ranges.dropFirst()).allSatisfy {
      $0.value.offset < $1.value.offset
    }
    return isOrdered
      ? try end(of: ranges, generation, directory)
      : try end(
        of: ranges.sorted { $0.value.offset < $1.value.offset }, generation, directory)
  }

  /// The same for ranges in the order of their offsets.
  private static func end(
    of ranges: some Sequence<RecordingTable<LandmarkRange>.Element>, _ generation: Int,
    _ directory: FilePath
  ) throws(HarkError) -> Int {
    var end = HeaderPage.byteCount
    for (key, range) in ranges {
      guard key.rawValue > 0, range.generation == generation, range.offset >= end,
        (1...Int(UInt32.max)).contains(range.length), range.offset < Int.max / 2
      else {
        throw HarkError(
          .corrupt,
          "the catalogue's landmarks of recording \(key.rawValue) do not fit the records in "
            + directory.escaped,
          remedy: "remove the landmarks' files: they are then made anew",
          cause: "its range is of another generation, empty, or overlaps another's")
      }
      end = range.end
    }
    return end
  }

  private static func openRecords(
    in directory: FilePath, _ parameters: FingerprintParameters, generation: Int, end: Int,
    _ fileSystem: FileSystem
  ) throws(HarkError) -> DataFile {
    let kind = LandmarkFile.records(generation: generation)
    let path = directory.appending(kind.name(parameters))
    let header = kind.header(parameters)
    if let file = try DataFile.open(
      path, header: header, remedy: LandmarkFile.remedy, fileSystem: fileSystem)
    {
      try file.check(holds: end, for: "its records", remedy: LandmarkFile.remedy)
      return file
    }
    guard end == HeaderPage.byteCount else {
      throw HarkError(
        .corrupt,
        "the index file \(path.escaped) is missing, and the catalogue refers to records in it",
        remedy: LandmarkFile.remedy)
    }
    let file = try DataFile.create(path, header: header, fileSystem: fileSystem)
    do {
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
    return file
  }

  /// What a query sees. Throws `corrupt` if a file was cut short, since reading it would raise SIGBUS.
  /// Complexity: O(runs).
  public func snapshot() throws(HarkError) -> LandmarkIndex {
    let state = state.withLock { $0 }
    for part in state.parts {
      if case .run(let run) = part.source { try run.checkLength() }
    }
    return LandmarkIndex(state.parts, .stored(state.file, state.ranges), parameters)
  }

  /// A recording's constellation as it was appended; nil for one that is not here. Throws `corrupt` if
  /// the bytes are not what was appended.
  public func constellation(of key: RecordingKey) throws(HarkError) -> Constellation? {
    let (file, ranges) = state.withLock { ($0.file, $0.ranges) }
    return try Records.stored(file, ranges).constellation(of: key)
  }

  /// The generation of the records.
  public var generation: Int { state.withLock { $0.generation } }

  /// Grows whenever recordings come or go: what was found at the same revision is still true.
  public var revision: Int { state.withLock { $0.revision } }

  /// Number of recordings.
  public var count: Int { state.withLock { $0.ranges.count } }

  /// Recordings that queries do not see yet, because their run was lost and is being made anew.
  public var missingCount: Int { state.withLock { $0.missing.count } }
}
