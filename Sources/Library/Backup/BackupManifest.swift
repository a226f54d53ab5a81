import Core
import MappedFiles

/// The last file of a backup: what must be in it, to the last bit. A backup without it is not complete.
///
///     hark-backup 1 0.3.0
///     9ae0daaf 8192 catalogue.sqlite
///
/// that is the format's version and Hark's, then of each file the CRC-32C, the length and the name.
struct BackupManifest: Hashable, Sendable {
  static let name = "MANIFEST"
  private static let version = 1

  struct Entry: Hashable, Sendable {
    var name: String
    var byteCount: Int
    var checksum: UInt32
  }

  /// The version of Hark that made the backup.
  var hark: String
  var entries: [Entry]

  init(hark: String, entries: [Entry]) {
    self.hark = hark
    self.entries = entries
  }

  /// Its length depends on names and lengths alone.
  var encoded: [UInt8] {
    var text = "hark-backup \(Self.version) \(hark)\n"
    for entry in entries {
      let digits = String(entry.checksum, radix: 16)
      text += String(repeating: "0", count: 8 - digits.count) + digits
      text += " \(entry.byteCount) \(entry.name)\n"
    }
    return Array(text.utf8)
  }

  /// Throws `corrupt` for anything else, and `newerVersion`.
  init(_ bytes: [UInt8]) throws(HarkError) {
    let damaged = HarkError(.corrupt, "the backup's list of files is damaged")
    guard let text = String(validating: bytes, as: UTF8.self) else { throw damaged }
    var lines = text.split(separator: "\n")
    guard !lines.isEmpty else { throw damaged }
    let head = lines.removeFirst().split(separator: " ")
    guard head.count == 3, head[0] == "hark-backup", let version = Int(head[1]) else {
      throw damaged
    }
    guard version <= Self.version else {
      throw HarkError(
        .newerVersion, "the backup has format version \(version)",
        remedy: "this Hark reads up to version \(Self.version): use the newer Hark")
    }
    hark = String(head[2])
    entries = []
    for line in lines {
      let fields = line.split(separator: " ", maxSplits: 2)
      guard fields.count == 3, let checksum = UInt32(fields[0], radix: 16),
        let byteCount = Int(fields[1])
      else { throw damaged }
      entries.append(Entry(name: String(fields[2]), byteCount: byteCount, checksum: checksum))
    }
  }
}
