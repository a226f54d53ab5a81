import Core
import MappedFiles
import SystemPackage

extension ModelIndex {
  /// Checks the index files against what the catalogue refers to, without changing or mapping
  /// anything: header, length, and the CRC-32C of every range.
  ///
  /// - Parameter progress: called now and then with the rows checked and all rows to check.
  /// - Returns: everything found; empty if all is well. Files may be missing if no row refers to
  ///   them.
  ///
  /// Complexity: reads both files once, up to the last row referred to.
  public static func check(
    directory: FilePath, model: ModelID, rows: [StoredRows], generation: Int,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) -> [IndexProblem] {
    var check = IndexCheck(directory: directory, model: model, generation: generation)
    check.run(rows, progress: progress)
    return check.problems
  }

  /// The same for the rows that queries see now.
  public func verify(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) -> [IndexProblem] {
    let snapshot = state.withLock { $0.snapshot }
    // The snapshot keeps the files open: a compaction meanwhile may have unlinked their names.
    var check = IndexCheck(
      directory: directory, model: model, generation: snapshot.generation,
      open: [.recordings: snapshot.recordings.file, .segments: snapshot.segments.file])
    check.run(snapshot.liveRows(), progress: progress)
    return check.problems
  }
}

/// One check under way.
private struct IndexCheck {
  let directory: FilePath
  let model: ModelID
  let generation: Int
  /// Files that are open already; others are opened by name.
  var open: [RowKind: RowFile] = [:]
  private let kernels = Kernels.best
  private(set) var problems: [IndexProblem] = []

  init(
    directory: FilePath, model: ModelID, generation: Int, open: [RowKind: RowFile] = [:]
  ) {
    self.directory = directory
    self.model = model
    self.generation = generation
    self.open = open
  }

  mutating func run(_ rows: [StoredRows], progress: (_ done: Int, _ total: Int) -> Void) {
    do {
      _ = try SlotLayout(rows, generation: generation, directory: directory)
    } catch {
      problems.append(
        IndexProblem(
          kind: .contradiction, file: directory, recording: nil,
          message: error.description))
    }
    // What is no range of rows was reported above.
    func ranges(_ kind: RowKind) -> [(key: RecordingKey, range: RowRange)] {
      rows.map { (key: $0.key, range: kind == .recordings ? $0.pooled : $0.segments) }
        .filter { $0.range.isPossible && $0.range.count > 0 && $0.range.generation == generation }
        .sorted { $0.range.first < $1.range.first }
    }
    let total = RowKind.stored.reduce(0) { sum, kind in
      sum + ranges(kind).reduce(0) { $0 + $1.range.count }
    }
    var done = 0
    for kind in RowKind.stored {
      let ranges = ranges(kind)
      guard let file = file(kind, isNeeded: !ranges.isEmpty) else { continue }
      for (key, range) in ranges {
        check(range, of: key, in: file)
        done += range.count
        progress(done, total)
      }
    }
  }

  private mutating func file(_ kind: RowKind, isNeeded: Bool) -> RowFile? {
    let header = IndexHeader(kind: kind, model: model, generation: generation)
    let path = directory.appending(header.fileName)
    func report(_ kind: IndexProblem.Kind, _ message: String) -> IndexProblem {
      IndexProblem(kind: kind, file: path, recording: nil, message: message)
    }
    do {
      if let file = open[kind] {
        let page = try file.read(at: 0, count: HeaderPage.byteCount)
        try header.page.check(page, path: path, remedy: IndexHeader.remedy)
        return file
      }
      let file = try RowFile.open(
        header, in: directory, fileSystem: .system, readOnly: true)
      if file == nil, isNeeded {
        problems.append(report(.missingFile, "the file is missing"))
      }
      return file
    } catch {
      let found: IndexProblem.Kind =
        switch error.code {
        case .corrupt: .damagedHeader
        case .newerVersion: .newerVersion
        default: .unreadable
        }
      problems.append(report(found, error.description))
      return nil
    }
  }

  private mutating func check(_ range: RowRange, of key: RecordingKey, in file: RowFile) {
    func report(_ kind: IndexProblem.Kind, _ message: String) -> IndexProblem {
      IndexProblem(kind: kind, file: file.path, recording: key, message: message)
    }
    let piece = (1 << 20) / file.kind.bytesPerRow
    var checksum: UInt32 = 0
    var row = range.first
    do {
      while row < range.end {
        let count = min(piece, range.end - row) * file.kind.bytesPerRow
        let bytes = try file.read(at: file.offset(of: row), count: count)
        guard bytes.count == count else {
          problems.append(
            report(.outsideFile, "the rows of recording \(key.rawValue) lie past the end"))
          return
        }
        checksum = bytes.withUnsafeBytes { kernels.crc32c($0, from: checksum) }
        row += piece
      }
    } catch {
      problems.append(report(.unreadable, error.description))
      return
    }
    if checksum != range.checksum {
      problems.append(
        report(.damagedRows, "the rows of recording \(key.rawValue) do not have their checksum"))
    }
  }
}
