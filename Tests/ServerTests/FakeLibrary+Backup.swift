import Core
import Library
import MappedFiles

extension FakeLibrary {
  /// Two files, one of which fills its last block of an archive.
  static let backedUp = [content("catalogue.sqlite", 700), content("segments-a-1.hark", 1_024)]

  func backup() async throws(HarkError) -> LibraryBackup {
    try fail()
    return LibraryBackup(files: Self.backedUp, made: 1_700_000_000)
  }

  static func content(_ name: String, _ count: Int) -> CommittedFile {
    CommittedFile(name: name, byteCount: count) { (offset, length) throws(HarkError) in
      (offset..<offset + length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }
  }
}
