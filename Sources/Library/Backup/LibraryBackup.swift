import Core
import MappedFiles
import Threads

/// Everything that a library knows at one moment, as one tar archive that is made while it is read.
///
/// A tar archive, because every system can look into it and take a file out, and because it can be
/// written in one pass to a socket without a second copy on disk. Its files are the state directory's:
/// the catalogue, of the index files what it refers to, the models, and a ``BackupManifest``.
public struct LibraryBackup: Sendable {
  private let files: [CommittedFile]
  /// When it was made, in seconds since 1970.
  private let made: Double
  private let reading = BlockingWork()

  private static let piece = 1 << 20

  public init(files: [CommittedFile], made: Double) {
    self.files = files
    self.made = made
  }

  /// Length of the archive.
  public var byteCount: Int {
    let manifest = BackupManifest(
      hark: HarkVersion.current,
      entries: files.map {
        BackupManifest.Entry(name: $0.name, byteCount: $0.byteCount, checksum: 0)
      })
    return files.reduce(0) { $0 + TarHeader.room(for: $1.byteCount) }
      + TarHeader.room(for: manifest.encoded.count) + TarHeader.end.count
  }

  /// Hands the archive over, piece by piece, ``byteCount`` bytes in all.
  ///
  /// Throws what `body` throws, `corrupt` if a file was cut short, and what the system says.
  public func forEachPiece(_ body: ([UInt8]) async throws -> Void) async throws {
    var manifest = BackupManifest(hark: HarkVersion.current, entries: [])
    for file in files {
      try await body(header(file.name, file.byteCount))
      var checksum: UInt32 = 0
      var offset = 0
      while offset < file.byteCount {
        let bytes = try await reading.run { [offset] () throws(HarkError) in
          try file.read(at: offset, count: Self.piece)
        }
        checksum = bytes.withUnsafeBytes { Checksum.crc32c($0, from: checksum) }
        offset += bytes.count
        try await body(bytes)
      }
      try await pad(file.byteCount, body)
      manifest.entries.append(
        BackupManifest.Entry(name: file.name, byteCount: file.byteCount, checksum: checksum))
    }
    let list = manifest.encoded
    try await body(header(BackupManifest.name, list.count) + list)
    try await pad(list.count, body)
    try await body(TarHeader.end)
  }

  private func header(_ name: String, _ byteCount: Int) -> [UInt8] {
    TarHeader(name: name, byteCount: byteCount, modified: Int(made)).encoded
  }

  private func pad(
    _ byteCount: Int, _ body: ([UInt8]) async throws -> Void
  ) async throws {
    let padding = TarHeader.padding(after: byteCount)
    if padding > 0 { try await body([UInt8](repeating: 0, count: padding)) }
  }
}
