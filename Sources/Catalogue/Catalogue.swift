import Core
import GRDB
import Synchronization
import SystemPackage

/// The one source of truth: which files there are, which recordings they hold, which products exist
/// of them and where in the index files those lie, what failed and why.
///
/// SQLite in WAL mode through GRDB. A row here is what makes bytes elsewhere count: rows of an index
/// file are first appended and fsynced, then one transaction here refers to them. So the catalogue
/// alone decides what exists after a crash, and what no row refers to is garbage.
///
/// Every mutation that may change whether a recording can be found returns the recordings it
/// *touched*; the caller asks ``visibility(of:)`` about them and tells the index.
public final class Catalogue: Sendable {
  let database: DatabasePool
  let path: FilePath
  /// Transactions of this process; nobody else writes.
  private let changes = Atomic<UInt64>(0)
  private let sharedCounts = SharedRead<CatalogueCounts>()
  private let sharedModels = SharedRead<[StoredModel]>()
  let filters = FilterMemory()

  /// Opens the catalogue at `path`, creating or migrating it.
  ///
  /// Throws `newerVersion` for a catalogue that a newer Hark wrote, `corrupt` for a file that is no
  /// catalogue, and system errors.
  public init(path: FilePath) throws(HarkError) {
    self.path = path
    guard let text = path.utf8Text else {
      throw HarkError(
        .unsupported, "the state directory's path is not valid UTF-8: \(path.escaped)",
        remedy: "choose another state directory")
    }
    do {
      var configuration = Configuration()
      configuration.label = "catalogue"
      configuration.maximumReaderCount = 4
      // One daemon owns the file, yet `harkd --check` may look while it works.
      configuration.busyMode = .timeout(10)
      database = try DatabasePool(path: text, configuration: configuration)
      // GRDB sets NORMAL as it enters WAL mode; only FULL makes a commit outlive a power cut. The
      // pool keeps its one writing connection, so once is enough.
      try database.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try db.execute(sql: "PRAGMA wal_autocheckpoint = 1000")
      }
      let migrator = Schema.migrator
      if try database.read({ try migrator.hasBeenSuperseded($0) }) {
        throw HarkError(
          .newerVersion, "\(path.escaped) was written by a newer version of Hark",
          remedy: "install that version, or choose another state directory")
      }
      try migrator.migrate(database)
    } catch {
      throw Self.translate(error, path: path)
    }
  }

  /// Writes SQLite's log back into the one file, so that a copy of that is a copy of everything, and
  /// closes every connection. Whatever is asked afterwards fails.
  ///
  /// Closing alone was seen to leave the log as it was.
  public func close() throws(HarkError) {
    do {
      _ = try database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try database.close()
    } catch {
      throw Self.translate(error, path: path)
    }
  }

  /// Reads in one consistent snapshot, off the cooperative threads.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(HarkError) -> Value {
    do {
      return try await database.read(body)
    } catch {
      throw Self.translate(error, path: path)
    }
  }

  /// How many files are in each state, and how much audio there is. Complexity: O(files) after a
  /// change, else O(1).
  public func counts() async throws(HarkError) -> CatalogueCounts {
    try await sharedCounts.value(at: changes.load(ordering: .acquiring)) {
      () async throws(HarkError) in
      try await self.read(Self.counts(in:))
    }
  }

  /// Every model that is known.
  public func models() async throws(HarkError) -> [StoredModel] {
    try await sharedModels.value(at: changes.load(ordering: .acquiring)) {
      () async throws(HarkError) in
      try await self.read(Self.models(in:))
    }
  }

  /// Writes in one transaction, off the cooperative threads. When it returns, the transaction is on
  /// the disk.
  func write<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(HarkError) -> Value {
    // Whatever becomes of it: whoever knows that it is done must not be answered from memory.
    defer {
      changes.add(1, ordering: .releasing)
      filters.forget()
    }
    do {
      return try await database.write(body)
    } catch {
      throw Self.translate(error, path: path)
    }
  }

  static func translate(_ error: any Error, path: FilePath) -> HarkError {
    if let error = error as? HarkError { return error }
    if error is CancellationError {
      return HarkError(.unavailable, "the request was cancelled")
    }
    guard let error = error as? DatabaseError else {
      return HarkError(.defect, "the catalogue \(path.escaped) failed", cause: "\(error)")
    }
    let cause = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    return switch error.resultCode {
    case .SQLITE_FULL:
      HarkError(
        .noSpace, "no space is left to write \(path.escaped)",
        remedy: "free some space; Hark goes on by itself", cause: cause)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      HarkError(
        .corrupt, "\(path.escaped) is damaged",
        remedy: "restore it from a backup, or run `harkd --repair` to have the audio analysed anew",
        cause: cause)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
      HarkError(
        .permissionDenied, "cannot open \(path.escaped) for writing",
        remedy: "let harkd's user write the state directory", cause: cause)
    case .SQLITE_IOERR:
      HarkError(
        .system, "cannot use \(path.escaped)",
        remedy: "see that its disk works and may be written; Hark goes on by itself", cause: cause)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      HarkError(.locked, "\(path.escaped) is in use by another process", cause: cause)
    case .SQLITE_INTERRUPT, .SQLITE_ABORT:
      HarkError(.unavailable, "the request was cancelled", cause: cause)
    default:
      HarkError(.system, "cannot use \(path.escaped)", cause: cause)
    }
  }
}
