import Core
import MappedFiles
import SystemPackage

/// Something that a check of the landmarks' files found.
public struct LandmarkProblem: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    /// The catalogue refers to a file that does not exist.
    case missingFile
    /// The file cannot be opened or read.
    case unreadable
    /// The header is damaged, or is another file's.
    case damagedHeader
    /// The file was written by a newer Hark.
    case newerVersion
    /// A record does not have its checksum, lies past the end, or is none.
    case damagedRecord
    /// A run is damaged or does not say what its records say. It is made anew by itself.
    case damagedRun
    /// The catalogue's ranges contradict each other.
    case contradiction
  }

  public var kind: Kind
  public var file: FilePath
  /// Whose record is affected; nil where the whole file is.
  public var recording: RecordingKey?
  /// One line in plain words.
  public var message: String

  public var description: String { "\(file.escaped): \(message)" }
}

extension LandmarkStore {
  /// Checks the records against what the catalogue refers to, and the runs against the records, without
  /// changing anything.
  ///
  /// - Parameter progress: called now and then with the recordings checked and all to check.
  /// - Returns: everything found; empty if all is well.
  ///
  /// Complexity: reads all files once, and makes all landmarks again.
  public static func check(
    directory: FilePath, parameters: FingerprintParameters,
    committed: RecordingTable<LandmarkRange>, generation: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) -> [LandmarkProblem] {
    var check = LandmarkCheck(directory: directory, parameters: parameters)
    check.run(committed, generation: generation, progress: progress)
    return check.problems
  }

  /// The landmarks' files in a directory, half-made ones included, that are of other parameters, and
  /// records of other generations: what a crash or an older Hark leaves over. Sorted. To be asked
  /// before the store is opened.
  public static func leftovers(
    in directory: FilePath, parameters: FingerprintParameters, generation: Int
  ) throws(HarkError) -> [FilePath] {
    try FileSystem.names(in: directory).filter { name in
      let isHalfMade = name.hasSuffix(".new")
      guard let (version, file) = LandmarkFile.parse(isHalfMade ? String(name.dropLast(4)) : name)
      else { return false }
      if isHalfMade || version != parameters.version { return true }
      if case .records(let other) = file { return other != generation }
      return false
    }.sorted().map { directory.appending($0) }
  }
}

/// One check under way.
private struct LandmarkCheck {
  let directory: FilePath
  let parameters: FingerprintParameters
  private(set) var problems: [LandmarkProblem] = []
  /// Of each sound record, by its checksum and key, what its landmarks add up to.
  private var digests: [RecordingKey: UInt64] = [:]

  init(directory: FilePath, parameters: FingerprintParameters) {
    self.directory = directory
    self.parameters = parameters
  }

  private mutating func report(
    _ kind: LandmarkProblem.Kind, _ file: FilePath, _ recording: RecordingKey? = nil,
    _ message: String
  ) {
    problems.append(
      LandmarkProblem(kind: kind, file: file, recording: recording, message: message))
  }

  mutating func run(
    _ ranges: RecordingTable<LandmarkRange>, generation: Int,
    progress: (_ done: Int, _ total: Int) -> Void
  ) {
    do {
      _ = try LandmarkStore.end(of: ranges, generation: generation, directory: directory)
    } catch {
      report(.contradiction, directory, nil, error.description)
    }
    let kind = LandmarkFile.records(generation: generation)
    let path = directory.appending(kind.name(parameters))
    do {
      let file = try DataFile.open(
        path, header: kind.header(parameters), remedy: LandmarkFile.remedy, fileSystem: .system,
        readOnly: true)
      if let file {
        checkRecords(ranges, file, progress)
        try checkRuns(ranges)
      } else if !ranges.isEmpty {
        report(.missingFile, path, nil, "the file is missing")
      }
    } catch {
      report(Self.kind(of: error), path, nil, error.description)
    }
  }

  private static func kind(of error: HarkError) -> LandmarkProblem.Kind {
    switch error.code {
    case .corrupt: .damagedHeader
    case .newerVersion: .newerVersion
    default: .unreadable
    }
  }

  private mutating func checkRecords(
    _ ranges: RecordingTable<LandmarkRange>, _ file: DataFile,
    _ progress: (_ done: Int, _ total: Int) -> Void
  ) {
    let ordered = ranges.filter { $0.value.offset >= 0 && $0.value.length > 0 }
      .sorted { $0.value.offset < $1.value.offset }
    for (done, (key, range)) in ordered.enumerated() {
      do {
        let constellation = try file.constellation(at: range, of: key)
        var digest: UInt64 = 0
        Landmark.ofRecording(constellation.grids.first ?? [], parameters) {
          digest &+= Self.mixed($0.key, UInt32(clamping: $0.frame))
        }
        digests[key] = digest
      } catch {
        report(
          error.code == .corrupt ? .damagedRecord : .unreadable, file.path, key, error.description)
      }
      progress(done + 1, ordered.count)
    }
  }

  /// What a run's landmarks of each recording add up to must be what its record's do.
  private mutating func checkRuns(_ ranges: RecordingTable<LandmarkRange>) throws(HarkError) {
    for name in try FileSystem.names(in: directory).sorted() {
      guard let (version, file) = LandmarkFile.parse(name), version == parameters.version,
        case .run(let number) = file
      else { continue }
      let path = directory.appending(name)
      do {
        let run = try Run(number, in: directory, parameters, fileSystem: .system)
        try run.checkPostings()
        let sums = Self.digests(of: run)
        for (slot, sum) in sums.enumerated() {
          let recording = run.recording(slot)
          guard let range = ranges[recording.key], recording.isMade(of: range),
            let digest = digests[recording.key], digest != sum
          else { continue }
          report(
            .damagedRun, path, recording.key,
            "the landmarks of recording \(recording.key.rawValue) are not its record's")
        }
      } catch {
        let kind = Self.kind(of: error)
        report(kind == .damagedHeader ? .damagedRun : kind, path, nil, error.description)
      }
    }
  }

  private static func digests(of run: Run) -> [UInt64] {
    let part = Part(id: 0, .run(run))
    var sums = [UInt64](repeating: 0, count: run.recordingCount)
    var cursor = Run.Cursor(run)
    var found: [UInt32] = []
    var occupied = [Bool](repeating: false, count: RunBlock.blocks)
    part.mark(&occupied)
    for key in RunBlock.keys(of: occupied) where cursor.count(key) > 0 {
      found.removeAll(keepingCapacity: true)
      cursor.read(key, base: 0, into: &found)
      for frame in found where !sums.isEmpty {
        let slot = part.slot(at: frame)
        sums[slot] &+= mixed(key, frame &- run.firstFrame(slot))
      }
    }
    return sums
  }

  /// The finaliser of MurmurHash3: sums of it do not cancel as sums of keys would.
  private static func mixed(_ key: UInt32, _ frame: UInt32) -> UInt64 {
    var hash = UInt64(key) << 32 | UInt64(frame)
    hash = (hash ^ hash >> 33) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ hash >> 33) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ hash >> 33
  }
}
