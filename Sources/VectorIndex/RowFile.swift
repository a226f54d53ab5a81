import Core
import MappedFiles
import SystemPackage

/// One open index file. It knows bytes and rows, not whose they are; ``ModelIndex`` decides where
/// the next row goes.
struct RowFile: Sendable {
  let header: IndexHeader
  private let file: DataFile

  var kind: RowKind { header.kind }
  var path: FilePath { file.path }

  /// Opens the file that `header` names; `nil` if there is none. Throws `corrupt` or `newerVersion`
  /// for a header that is not this one.
  static func open(
    _ header: IndexHeader, in directory: FilePath, fileSystem: FileSystem, readOnly: Bool = false
  ) throws(HarkError) -> RowFile? {
    try DataFile.open(
      directory.appending(header.fileName), header: header.page, remedy: IndexHeader.remedy,
      fileSystem: fileSystem, readOnly: readOnly
    ).map { RowFile(header: header, file: $0) }
  }

  /// Makes a file of no rows under a temporary name; ``settle()`` gives it its own.
  static func create(
    _ header: IndexHeader, in directory: FilePath, fileSystem: FileSystem
  ) throws(HarkError) -> RowFile {
    RowFile(
      header: header,
      file: try DataFile.create(
        directory.appending(header.fileName), header: header.page, fileSystem: fileSystem))
  }

  /// Writes a created file to disk and gives it its name. The caller makes the name durable.
  func settle() throws(HarkError) { try file.settle() }

  /// Removes a created file that was not settled.
  func discard() { file.discard() }

  /// Removes a settled file; whoever has it open goes on reading it.
  func unlink() throws(HarkError) { try file.unlink() }

  /// The byte at which row `row` begins.
  func offset(of row: Int) -> Int { HeaderPage.byteCount + row * kind.bytesPerRow }

  /// Number of whole rows in the file, whether or not they count.
  func rowCount() throws(HarkError) -> Int {
    max(0, try file.length() - HeaderPage.byteCount) / kind.bytesPerRow
  }

  /// Throws `corrupt` if the file is too short for `rows` rows: reading them would raise SIGBUS.
  func check(holds rows: Int) throws(HarkError) {
    try file.check(
      holds: offset(of: rows), for: "\(rows) rows",
      remedy:
        "stop what truncates it, and move the state directory away: the folders are then analysed anew"
    )
  }

  /// Cuts off what follows the first `rows` rows, if anything does.
  func truncate(rows: Int) throws(HarkError) { try file.truncate(to: offset(of: rows)) }

  /// Writes whole rows, or what begins `place` bytes into a row. When it throws, some of the bytes may
  /// be there; no row counts.
  func write(_ bytes: [UInt8], row: Int, from place: Int = 0) throws(HarkError) {
    try file.write(bytes, at: offset(of: row) + place)
  }

  /// Up to `count` bytes from `offset`; fewer only at the file's end. Unlike a read through a map,
  /// a bad disk is an error here and no signal.
  func read(at offset: Int, count: Int) throws(HarkError) -> [UInt8] {
    try file.read(at: offset, count: count)
  }

  /// The header and the first `rows` rows. Throws `corrupt` if the file is too short for them.
  func committed(rows: Int) throws(HarkError) -> CommittedFile {
    try CommittedFile(
      name: header.fileName, file, byteCount: offset(of: rows), remedy: IndexHeader.remedy)
  }

  /// Maps room for at least `rows` rows and `ahead` bytes more.
  func map(rows: Int, ahead: Int) throws(HarkError) -> Mapping {
    try Mapping(file, byteCount: offset(of: rows), ahead: ahead)
  }

  /// Writes the file's content to disk.
  func synchronise() throws(HarkError) { try file.synchronise() }
}

/// A file with a map of it: rows by number.
struct MappedRows: Sendable {
  let file: RowFile
  private var mapping: Mapping
  private let ahead: Int

  /// Maps room for at least `rows` rows and `ahead` bytes more.
  init(_ file: RowFile, rows: Int, ahead: Int = Mapping.ahead) throws(HarkError) {
    self.file = file
    self.ahead = ahead
    mapping = try file.map(rows: rows, ahead: ahead)
  }

  /// Maps more where `rows` rows do not fit; copies made before keep their own map.
  mutating func reserve(rows: Int) throws(HarkError) {
    guard file.offset(of: rows) > mapping.capacity else { return }
    mapping = try file.map(rows: rows, ahead: ahead)
  }

  /// Asks the disk for the first `rows` rows, which are in the file, before they are read.
  func askFor(rows: Int) { mapping.askFor(byteCount: file.offset(of: rows)) }

  /// The bytes of `row` and what follows; valid while this value lives, for the rows that
  /// ``RowFile/check(holds:)`` allowed.
  func pointer(to row: Int) -> UnsafeRawPointer { mapping.base + file.offset(of: row) }

  /// The bytes of `count` rows from `first`.
  func bytes(_ first: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: pointer(to: first), count: count * file.kind.bytesPerRow)
  }
}
