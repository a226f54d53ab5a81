import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if !_endian(little)
  #error("rows are written as they lie in memory, and the files are little-endian")
#endif

/// One open index file. It knows bytes and rows, not whose they are; ``ModelIndex`` decides where
/// the next row goes.
final class RowFile: Sendable {
  let header: IndexHeader
  let path: FilePath
  let descriptor: Int32
  private let fileSystem: FileSystem

  var kind: RowKind { header.kind }

  /// Where a file is made before it gets its name, so that a named file is always complete.
  private var temporaryPath: FilePath { FilePath(bytes: path.bytes + Array(".new".utf8)) }

  private init(header: IndexHeader, path: FilePath, descriptor: Int, fileSystem: FileSystem) {
    self.header = header
    self.path = path
    self.descriptor = Int32(descriptor)
    self.fileSystem = fileSystem
  }

  deinit { close(descriptor) }

  /// Opens the file that `header` names; `nil` if there is none. Throws `corrupt` or `newerVersion`
  /// for a header that is not this one.
  static func open(
    _ header: IndexHeader, in directory: FilePath, fileSystem: FileSystem, kernels: Kernels,
    readOnly: Bool = false
  ) throws(HarkError) -> RowFile? {
    let path = directory.appending(header.fileName)
    let descriptor = fileSystem.open(path, readOnly ? O_RDONLY : O_RDWR)
    if descriptor == -Int(ENOENT) { return nil }
    guard descriptor >= 0 else {
      throw .system("cannot open the index file \(path.escaped)", errno: Int32(-descriptor))
    }
    let file = RowFile(
      header: header, path: path, descriptor: descriptor, fileSystem: fileSystem)
    try header.check(file.read(at: 0, count: IndexHeader.byteCount), path: path, kernels: kernels)
    return file
  }

  /// Makes a file of no rows under a temporary name; ``settle()`` gives it its own.
  static func create(
    _ header: IndexHeader, in directory: FilePath, fileSystem: FileSystem, kernels: Kernels
  ) throws(HarkError) -> RowFile {
    let path = directory.appending(header.fileName)
    let temporary = FilePath(bytes: path.bytes + Array(".new".utf8))
    let descriptor = try fileSystem.call("cannot create the index file \(path.escaped)") {
      fileSystem.open(temporary, O_RDWR | O_CREAT | O_TRUNC)
    }
    let file = RowFile(
      header: header, path: path, descriptor: descriptor, fileSystem: fileSystem)
    do {
      try file.write(header.encoded(kernels), at: 0)
    } catch {
      file.discard()
      throw error
    }
    return file
  }

  /// Writes a created file to disk and gives it its name. The caller makes the name durable.
  func settle() throws(HarkError) {
    try synchronise()
    let from = temporaryPath
    try fileSystem.call("cannot name the index file \(path.escaped)") {
      fileSystem.rename(from, path)
    }
  }

  /// Removes a created file that was not settled.
  func discard() { _ = fileSystem.unlink(temporaryPath) }

  /// Removes a settled file; whoever has it open goes on reading it.
  func unlink() throws(HarkError) {
    try fileSystem.call("cannot remove the index file \(path.escaped)") {
      fileSystem.unlink(path)
    }
  }

  /// The byte at which row `row` begins.
  func offset(of row: Int) -> Int { IndexHeader.byteCount + row * kind.bytesPerRow }

  /// The file's length in bytes.
  func length() throws(HarkError) -> Int {
    try fileSystem.call("cannot examine the index file \(path.escaped)") {
      fileSystem.length(descriptor)
    }
  }

  /// Number of whole rows in the file, whether or not they count.
  func rowCount() throws(HarkError) -> Int {
    max(0, try length() - IndexHeader.byteCount) / kind.bytesPerRow
  }

  /// Throws `corrupt` if the file is too short for `rows` rows: reading them would raise SIGBUS.
  func check(holds rows: Int) throws(HarkError) {
    let length = try length()
    guard length >= offset(of: rows) else {
      throw HarkError(
        .corrupt,
        "the index file \(path.escaped) has \(length) bytes, and \(rows) rows need "
          + "\(offset(of: rows))",
        remedy:
          "stop what truncates it, and move the state directory away: the folders are then analysed anew"
      )
    }
  }

  /// Cuts off what follows the first `rows` rows, if anything does.
  func truncate(rows: Int) throws(HarkError) {
    guard try length() > offset(of: rows) else { return }
    try fileSystem.call("cannot truncate the index file \(path.escaped)") {
      fileSystem.truncate(descriptor, offset(of: rows))
    }
  }

  /// Writes whole rows. When it throws, some of their bytes may be there; no row counts.
  func write(_ bytes: [UInt8], row: Int) throws(HarkError) {
    try write(bytes, at: offset(of: row))
  }

  private func write(_ bytes: [UInt8], at offset: Int) throws(HarkError) {
    var done = 0
    while done < bytes.count {
      let written = try fileSystem.call("cannot write the index file \(path.escaped)") {
        bytes.withUnsafeBytes {
          fileSystem.write(
            descriptor, UnsafeRawBufferPointer(rebasing: $0[done...]), offset + done)
        }
      }
      guard written > 0 else {
        throw .system("cannot write the index file \(path.escaped)", errno: ENOSPC)
      }
      done += written
    }
  }

  /// Up to `count` bytes from `offset`; fewer only at the file's end. Unlike a read through a map,
  /// a bad disk is an error here and no signal.
  func read(at offset: Int, count: Int) throws(HarkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = try fileSystem.call("cannot read the index file \(path.escaped)") {
        bytes.withUnsafeMutableBytes {
          fileSystem.read(
            descriptor, UnsafeMutableRawBufferPointer(rebasing: $0[done...]), offset + done)
        }
      }
      guard got > 0 else { break }
      done += got
    }
    bytes.removeLast(count - done)
    return bytes
  }

  /// Writes the file's content to disk.
  func synchronise() throws(HarkError) {
    try fileSystem.call("cannot write the index file \(path.escaped) to disk") {
      fileSystem.synchronise(descriptor)
    }
  }
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
    mapping = try Mapping(
      file: file.descriptor, byteCount: file.offset(of: rows), ahead: ahead, path: file.path)
  }

  /// Maps more where `rows` rows do not fit; copies made before keep their own map.
  mutating func reserve(rows: Int) throws(HarkError) {
    guard file.offset(of: rows) > mapping.capacity else { return }
    mapping = try Mapping(
      file: file.descriptor, byteCount: file.offset(of: rows), ahead: ahead, path: file.path)
  }

  /// The bytes of `row` and what follows; valid while this value lives, for the rows that
  /// ``RowFile/check(holds:)`` allowed.
  func pointer(to row: Int) -> UnsafeRawPointer { mapping.base + file.offset(of: row) }

  /// The bytes of `count` rows from `first`.
  func bytes(_ first: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: pointer(to: first), count: count * file.kind.bytesPerRow)
  }
}
