import Core
import Glibc
import Library
import NIOCore
import NIOPosix
import SystemPackage

/// Where audio that comes with a query waits for its analysis: a file without a name, whose room is
/// free again as soon as its descriptor is closed, however the daemon ends.
///
/// The decoders must be able to seek, so that a pipe would not do.
struct Spool: Sendable {
  private let configuration: ServerConfiguration
  private let places: Places
  /// Bytes that are gathered before they are written.
  private static let pieceLength = 1 << 20

  init(_ configuration: ServerConfiguration) {
    self.configuration = configuration
    places = Places(configuration.maximumAudioRequests, of: "queries with audio")
  }

  /// Writes `start` and the rest of a body to a file and has it analysed, for as long as its client is
  /// there: queries have one worker, and others wait for it.
  ///
  /// - Throws: `unavailable` if too many queries with audio are under way, `noSpace`, what reading
  ///   the body throws, and the `AnalysisFailure` of audio that cannot be analysed.
  func analyse(
    _ start: ByteBuffer, _ reader: inout RequestBodyReader, _ listening: Listening,
    of peer: Peer, on channel: any Channel, with library: any LibraryService
  ) async throws -> Analysis {
    let place = try places.take(peer)
    defer { place.release() }
    let directory = configuration.spoolDirectory
    let pool = NIOThreadPool.singleton
    let file = try await pool.runIfActive { try Self.open(in: directory) }
    do {
      var piece = start
      while var next = try await reader.next() {
        piece.writeBuffer(&next)
        guard piece.readableBytes >= Self.pieceLength else { continue }
        try await Self.write(piece, to: file, pool)
        piece.clear()
      }
      try await Self.write(piece, to: file, pool)
      _ = try file.seek(offset: 0, from: .start)
      let analysis = try await channel.whileOpen {
        switch listening {
        case .toCompare: try await library.analyse(file)
        case .toIdentify: try await library.listen(to: file)
        }
      }
      try? file.close()
      return analysis
    } catch {
      try? file.close()
      throw error
    }
  }

  private static func write(
    _ piece: ByteBuffer, to file: SystemPackage.FileDescriptor, _ pool: NIOThreadPool
  ) async throws {
    try await pool.runIfActive {
      do {
        _ = try piece.withUnsafeReadableBytes { try file.writeAll($0) }
      } catch {
        throw HarkError.system(
          "the audio cannot be spooled", error,
          remedy: "make room where the daemon keeps its temporary files, or send less")
      }
    }
  }

  private static func open(in directory: FilePath) throws(HarkError) -> SystemPackage.FileDescriptor
  {
    // O_TMPFILE, which Swift cannot import.
    let flags = O_RDWR | O_CLOEXEC | O_DIRECTORY | 0o20_000_000
    let number = directory.withPlatformString { Glibc.open($0, flags, 0o600) }
    if number >= 0 { return SystemPackage.FileDescriptor(rawValue: number) }
    // Not every file system knows it; some kernels say EISDIR instead.
    guard errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL else {
      throw HarkError.system(
        "no temporary file can be made in \(directory.escaped)", errno: errno,
        remedy: "make the directory writable for the daemon")
    }
    let name = ".hark-spool-\(UInt64.random(in: .min ... .max))"
    let path = directory.appending(name)
    do {
      let file = try SystemPackage.FileDescriptor.open(
        path, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: .ownerReadWrite)
      _ = path.withPlatformString { unlink($0) }
      return file
    } catch {
      throw HarkError.system(
        "no temporary file can be made in \(directory.escaped)", error,
        remedy: "make the directory writable for the daemon")
    }
  }
}

extension HarkError {
  /// An error for what SystemPackage threw.
  static func system(
    _ message: String, _ error: any Error, remedy: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> HarkError {
    guard let number = error as? Errno else {
      return HarkError(
        .system, message, remedy: remedy, cause: "\(error)", file: file, line: line)
    }
    return .system(message, errno: number.rawValue, remedy: remedy, file: file, line: line)
  }
}
