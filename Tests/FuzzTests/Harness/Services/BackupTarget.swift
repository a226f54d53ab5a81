import Core
import Foundation
import SystemPackage

@testable import Library
@testable import MappedFiles

/// A backup that somebody made: taken apart into a directory, and nothing written anywhere else.
///
/// The first byte: 1 makes the headers' sums right, 2 the list of files. Then the archive.
struct BackupTarget: FuzzTarget {
  static let name = "backup"

  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func take(_ input: [UInt8]) {
    var archive = Array(input.dropFirst())
    let flags = input.first ?? 0
    if flags & 1 != 0 { Self.mendHeaders(&archive) }
    if flags & 2 != 0 { Self.mendManifest(&archive) }
    scratch.clear()
    let place = scratch.file("place")
    try? FileManager.default.createDirectory(
      atPath: place.appending("model-copies").string, withIntermediateDirectories: true)
    scratch.write(archive, "backup.tar")
    let manifest = try? BackupReader.unpack(scratch.file("backup.tar"), into: place)
    guard scratch.names == ["backup.tar", "place"] else {
      broken("nothing is written outside the directory: \(scratch.names)")
    }
    for entry in manifest?.entries ?? [] {
      let file = place.pushing(FilePath(entry.name)).string
      guard FileManager.default.contents(atPath: file)?.count == entry.byteCount else {
        broken("a file has the length that the list says: \(entry)")
      }
    }
  }

  /// The sum of every block that looks like a header.
  private static func mendHeaders(_ archive: inout [UInt8]) {
    for start in stride(from: 0, to: archive.count - 511, by: TarHeader.blockSize)
    where archive[start + 257..<start + 262].elementsEqual("ustar".utf8) {
      archive.replaceSubrange(
        start + 148..<start + 156, with: repeatElement(UInt8(ascii: " "), count: 8))
      let sum = archive[start..<start + 512].reduce(0) { $0 + Int($1) }
      let digits = String(sum, radix: 8)
      let text = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + "\0 "
      archive.replaceSubrange(start + 148..<start + 156, with: text.utf8.prefix(8))
    }
  }

  /// The list, where it lies as long as it would be.
  private static func mendManifest(_ archive: inout [UInt8]) {
    var entries: [BackupManifest.Entry] = []
    var offset = 0
    while offset + 512 <= archive.count,
      let header = try? TarHeader([UInt8](archive[offset..<offset + 512]))
    {
      let start = offset + 512
      guard header.byteCount <= archive.count - start else { return }
      let content = start..<start + header.byteCount
      if header.name == BackupManifest.name {
        let list = BackupManifest(hark: "1", entries: entries).encoded
        if list.count == header.byteCount { archive.replaceSubrange(content, with: list) }
        return
      }
      entries.append(
        .init(
          name: header.name, byteCount: header.byteCount,
          checksum: Checksum.crc32c(archive[content])))
      offset += TarHeader.room(for: header.byteCount)
    }
  }

  static func seeds() throws -> [[UInt8]] {
    let files = [("catalogue.sqlite", 600), ("a-1.hark", 10), ("model-copies/m.safetensors", 0)]
    return [3, 0].map { flags in
      var archive: [UInt8] = []
      var entries: [BackupManifest.Entry] = []
      func add(_ name: String, _ content: [UInt8]) {
        archive += TarHeader(name: name, byteCount: content.count, modified: 1).encoded + content
        archive += [UInt8](repeating: 0, count: TarHeader.padding(after: content.count))
      }
      for (name, count) in files {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        entries.append(
          .init(name: name, byteCount: count, checksum: Checksum.crc32c(content[...])))
        add(name, content)
      }
      add(BackupManifest.name, BackupManifest(hark: "1", entries: entries).encoded)
      return [UInt8(flags)] + archive + TarHeader.end
    }
  }
}
