import Catalogue
import Core
import SystemPackage
import Threads
import Workers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What analysing one file gave; the recorder makes it last.
enum FinishedAnalysis: Sendable {
  case analysed(WorkItem, Analysis)
  case known(WorkItem, Analysis)
  case failed(WorkItem, AnalysisFailure)
  case completed(MissingProduct, Analysis)
  case notCompleted(MissingProduct, AnalysisFailure)
}

/// Takes one file through a worker.
///
/// The daemon opens the file and parses no byte of it. Size and modification time are compared
/// before and after: what changed meanwhile says nothing, and is analysed again once it has settled.
struct FileAnalyser: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let pool: WorkerPool
  let files = BlockingWork()

  /// Analyses a file that waits. Where its samples may be known it is hashed first, and the network
  /// runs only if they are new.
  func analyse(_ item: WorkItem) async -> FinishedAnalysis {
    do throws(AnalysisFailure) {
      if item.size == 0 { throw AnalysisFailure(.empty, "the file is empty") }
      return try await open(item.path, size: item.size, modified: item.modified) {
        (descriptor) throws(AnalysisFailure) in
        if item.isPerhapsKnown {
          let analysis = try await run(descriptor, [], path: item.path)
          if await isKnown(analysis.recording) { return .known(item, analysis) }
        }
        return .analysed(
          item, try await run(descriptor, shelf.current.wantedProducts, path: item.path))
      }
    } catch {
      return .failed(item, error)
    }
  }

  /// Makes a missing product from one of the recording's files.
  func complete(_ missing: MissingProduct, _ product: ProductKind) async -> FinishedAnalysis {
    do throws(AnalysisFailure) {
      return try await open(missing.path, size: missing.size, modified: missing.modified) {
        (descriptor) throws(AnalysisFailure) in
        .completed(missing, try await run(descriptor, [product], path: missing.path))
      }
    } catch {
      return .notCompleted(missing, error)
    }
  }

  private func run(
    _ descriptor: FileDescriptor, _ products: [ProductKind], path: FilePath
  ) async throws(AnalysisFailure) -> Analysis {
    var request = AnalysisRequest(models: [])
    for product in products {
      switch product {
      case .embeddings(let model): request.models.append(model)
      case .landmarks: request.constellation = .recording
      }
    }
    return try await pool.analyse(
      descriptor, request: request, lane: .backlog, name: path.escaped)
  }

  private func isKnown(_ id: RecordingID) async -> Bool {
    // If the catalogue cannot be asked, a full analysis is merely slower.
    guard let key = try? await catalogue.key(of: id) else { return false }
    return key.rawValue > 0
  }

  /// Opens a file that must be as it was observed, runs `body`, and makes sure that it still is.
  private func open(
    _ path: FilePath, size: Int64, modified: Int64,
    _ body: (FileDescriptor) async throws(AnalysisFailure) -> FinishedAnalysis
  ) async throws(AnalysisFailure) -> FinishedAnalysis {
    let opened = await onThread { Self.open(path) }
    let descriptor = try opened.get()
    let result: Result<FinishedAnalysis, AnalysisFailure>
    do throws(AnalysisFailure) {
      try Self.check(descriptor, size: size, modified: modified)
      let finished = try await body(descriptor)
      try Self.check(descriptor, size: size, modified: modified)
      result = .success(finished)
    } catch {
      result = .failure(error)
    }
    _ = await onThread { Self.close(descriptor) }
    return try result.get()
  }

  private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      files.perform { continuation.resume(returning: body()) }
    }
  }

  private static func open(_ path: FilePath) -> Result<FileDescriptor, AnalysisFailure> {
    // Not blocking: the name may belong to a FIFO by now.
    let number = path.withPlatformString {
      openFile($0, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    }
    guard number >= 0 else { return .failure(failure(errno)) }
    return .success(FileDescriptor(rawValue: number))
  }

  private static func close(_ descriptor: FileDescriptor) { try? descriptor.close() }

  private static func check(
    _ descriptor: FileDescriptor, size: Int64, modified: Int64
  ) throws(AnalysisFailure) {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw failure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw AnalysisFailure(.notAudio, "it is not a regular file")
    }
    let now = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    guard Int64(status.st_size) == size, now == modified else {
      throw AnalysisFailure(.changed, "the file changed while it was read")
    }
  }

  private static func failure(_ number: Int32) -> AnalysisFailure {
    let text = HarkError.describe(errno: number)
    if let remedy = HarkError.remedy(forShortage: number) {
      return AnalysisFailure(.unavailable, "no file can be opened: \(text); \(remedy)")
    }
    return switch number {
    case ENOENT, ENOTDIR: AnalysisFailure(.vanished, "the file went away: \(text)")
    case EACCES, EPERM:
      AnalysisFailure(
        .permissionDenied,
        "harkd may not read it: \(text); give its user the right with setfacl or a group")
    default: AnalysisFailure(.readError, "it cannot be opened: \(text)")
    }
  }
}

/// `open(2)`, which the methods of the same name would hide.
private func openFile(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 { open(path, flags) }
