import Core
import MappedFiles
import SystemPackage

/// Takes a backup apart, and believes none of it before it has been compared. Everything here blocks.
struct BackupReader {
  /// What a backup may hold: nothing that could be written anywhere else.
  private static func isOurs(_ name: String) -> Bool {
    if name == "catalogue.sqlite" || name == BackupManifest.name { return true }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    func isPlain(_ part: Substring, _ ending: String) -> Bool {
      part.hasSuffix(ending) && part.first != "."
        && part.utf8.allSatisfy { (33...126).contains($0) }
    }
    return switch parts.count {
    case 1: isPlain(parts[0], ".hark")
    case 2: parts[0] == "model-copies" && isPlain(parts[1], ".safetensors")
    default: false
    }
  }

  private static let piece = 1 << 20
  /// More files than any backup has, and bytes of a list of so many: a reader's memory has a bound.
  private static let mostFiles = 1_024
  private static let longestManifest = 256 << 10
  private static let disk = FileSystem.system

  /// Writes the backup's files into a directory, each to the disk.
  ///
  /// Throws `corrupt` if the backup is damaged, not complete or none, `newerVersion`, and what the system
  /// says. Then some of the files may be there.
  static func unpack(_ path: FilePath, into directory: FilePath) throws(HarkError) -> BackupManifest
  {
    let archive = try OpenFile(path)
    let length = try archive.byteCount()
    var offset = 0
    var found: [BackupManifest.Entry] = []
    var manifest: BackupManifest?
    while let header = try TarHeader(
      archive.read(at: offset, count: TarHeader.blockSize).padded(to: TarHeader.blockSize))
    {
      let (name, start) = (header.name, offset + TarHeader.blockSize)
      guard isOurs(name), manifest == nil, found.count < mostFiles,
        name != BackupManifest.name || header.byteCount <= longestManifest,
        !found.contains(where: { $0.name == name })
      else {
        throw HarkError(.corrupt, "\(path.escaped) holds \(name), which is no part of a backup")
      }
      guard start + header.byteCount <= length else { throw incomplete(path) }
      if name == BackupManifest.name {
        manifest = try BackupManifest(try archive.read(at: start, count: header.byteCount))
      } else {
        let target = directory.pushing(FilePath(name))
        let checksum = try copy(archive, from: start, byteCount: header.byteCount, to: target)
        found.append(
          BackupManifest.Entry(name: name, byteCount: header.byteCount, checksum: checksum))
      }
      offset += TarHeader.room(for: header.byteCount)
    }
    guard let manifest else { throw incomplete(path) }
    guard manifest.entries == found else {
      let wrong = zip(manifest.entries, found).first { $0 != $1 }?.1.name ?? "its list of files"
      throw HarkError(
        .corrupt, "\(path.escaped) is damaged: \(wrong) is not what was written",
        remedy: "use another backup")
    }
    return manifest
  }

  private static func incomplete(_ path: FilePath) -> HarkError {
    HarkError(
      .corrupt, "\(path.escaped) is not a whole backup: its end is missing",
      remedy: "use another backup")
  }

  private static func copy(
    _ archive: OpenFile, from start: Int, byteCount: Int, to target: FilePath
  ) throws(HarkError) -> UInt32 {
    do {
      let file = try FileDescriptor.open(
        target, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead])
      return try file.closeAfter {
        var checksum: UInt32 = 0
        var offset = 0
        while offset < byteCount {
          let bytes = try archive.read(
            at: start + offset, count: min(Self.piece, byteCount - offset))
          guard !bytes.isEmpty else { throw HarkError(.corrupt, "the backup became shorter") }
          checksum = bytes.withUnsafeBytes { Checksum.crc32c($0, from: checksum) }
          try file.writeAll(bytes)
          offset += bytes.count
        }
        try disk.call("cannot write \(target.escaped) to disk") { disk.synchronise(file.rawValue) }
        return checksum
      }
    } catch let error as HarkError {
      throw error
    } catch {
      throw OpenFile.failure("cannot write \(target.escaped)", error)
    }
  }
}

extension [UInt8] {
  /// With zeros up to `count`: an archive that ends without any is not complete, which is said later.
  fileprivate func padded(to count: Int) -> [UInt8] {
    self + [UInt8](repeating: 0, count: Swift.max(0, count - self.count))
  }
}
