import CSndfile
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The bytes of a borrowed open file, as libsndfile's virtual I/O reads them.
///
/// It reads with `pread`, so the descriptor's own offset is neither used nor moved, keeps one buffer
/// (decoders ask for a few bytes at a time), and remembers the first failed read, which libsndfile
/// would pass off as an early end of the file.
///
/// What a decoder sees may leave bytes out: `prefix` bytes from the start of the file, followed
/// directly by everything from `base` on. That is how an ID3 tag in front of FLAC and junk between
/// a tag and the first MPEG frame are skipped.
final class DescriptorSource {
  /// What identifies the file's content while it is read.
  struct Stamp: Equatable {
    var size: Int64
    var seconds: Int
    var nanoseconds: Int
  }

  let stamp: Stamp
  /// Bytes of the file before the gap that the view keeps.
  private(set) var prefix: Int64 = 0
  /// Offset in the file at which the view goes on after `prefix`.
  private(set) var base: Int64 = 0
  /// Refuses seeks from the end, as a stream would: libmpg123 then counts frames instead of
  /// guessing their number from the file's size.
  var isStream = false
  /// Offset in the file of four bytes that read as 0xFF: of a size that says 0 and means everything.
  var unfinishedSize: Int64? { didSet { buffered = 0..<0 } }
  /// Set by the first read that failed.
  private(set) var failure: Int32?
  /// The furthest byte of the view that was read.
  private(set) var furthest: Int64 = 0
  private(set) var position: Int64 = 0

  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer
  private var buffered: Range<Int64> = 0..<0

  /// Bytes read from the file at once.
  private static let bufferSize = 128 << 10

  init(descriptor: Int32) throws(AnalysisFailure) {
    self.descriptor = descriptor
    stamp = try Self.stamp(of: descriptor)
    buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Size of the view in bytes.
  var length: Int64 { prefix + max(0, stamp.size - base) }

  /// Bytes of the view that were never read.
  var unread: Int64 { length - furthest }

  /// Where a position of the view lies in the file.
  func fileOffset(of position: Int64) -> Int64 {
    position < prefix ? position : position - prefix + base
  }

  /// Leaves out the bytes of the file from `prefix` to `base`, and rewinds.
  func skip(from prefix: Int64, to base: Int64) {
    self.prefix = prefix
    self.base = base
    buffered = 0..<0
    rewind()
  }

  /// Starts over, as if nothing had been read.
  func rewind() {
    position = 0
    furthest = 0
  }

  /// Whether the file still is what it was when it was opened.
  func isUnchanged() -> Bool { (try? Self.stamp(of: descriptor)) == stamp }

  /// Up to `count` bytes of the *file* (not of the view) from `offset`.
  func bytes(at offset: Int64, count: Int) throws(AnalysisFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, min(count, Int(stamp.size - offset))))
    let read = bytes.withUnsafeMutableBytes { readFile($0, at: offset) }
    if let failure { throw Self.readError(failure) }
    bytes.removeLast(bytes.count - read)
    return bytes
  }

  /// Fills `target` from the view's current position; returns fewer bytes at the end or on failure.
  func read(_ target: UnsafeMutableRawBufferPointer) -> Int {
    var done = 0
    while done < target.count, position < length {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let count = buffered.contains(position) ? copyBuffered(to: rest) : refill(for: rest)
      guard count > 0 else { break }
      done += count
      position += Int64(count)
    }
    furthest = max(furthest, position)
    return done
  }

  /// Moves the position as lseek(2) does; -1 where that is not possible.
  func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    let origin: Int64
    switch whence {
    case SEEK_SET: origin = 0
    case SEEK_CUR: origin = position
    case SEEK_END where !isStream: origin = length
    default: return -1
    }
    let (target, overflow) = origin.addingReportingOverflow(offset)
    guard !overflow, target >= 0 else { return -1 }
    position = target
    return target
  }

  private func copyBuffered(to target: UnsafeMutableRawBufferPointer) -> Int {
    let start = Int(position - buffered.lowerBound)
    let count = min(target.count, Int(buffered.upperBound - position))
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + count]))
    return count
  }

  /// Reads into the buffer, or straight into a target that is larger; returns the bytes that
  /// reached `target`.
  private func refill(for target: UnsafeMutableRawBufferPointer) -> Int {
    let offset = fileOffset(of: position)
    let limit = position < prefix ? Int(min(prefix - position, Int64(Int.max))) : Int.max
    if target.count >= buffer.count {
      let part = UnsafeMutableRawBufferPointer(rebasing: target[..<min(limit, target.count)])
      return readFile(part, at: offset)
    }
    let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(limit, buffer.count)])
    let count = readFile(part, at: offset)
    buffered = position..<position + Int64(count)
    return count > 0 ? copyBuffered(to: target) : 0
  }

  private func readFile(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    var done = 0
    while done < target.count, failure == nil, let start = target.baseAddress {
      let count = pread(descriptor, start + done, target.count - done, off_t(offset) + off_t(done))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        failure = errno
        break
      }
      done += count
    }
    if let unfinishedSize {
      for place in unfinishedSize..<unfinishedSize + 4
      where place >= offset && place < offset + Int64(done) {
        target[Int(place - offset)] = 0xff
      }
    }
    return done
  }

  static func readError(_ number: Int32) -> AnalysisFailure {
    AnalysisFailure(.readError, "the file could not be read: \(HarkError.describe(errno: number))")
  }

  private static func stamp(of descriptor: Int32) throws(AnalysisFailure) -> Stamp {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw readError(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw AnalysisFailure(.notAudio, "this is not a regular file")
    }
    return Stamp(
      size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}

extension DescriptorSource {
  /// libsndfile's view of the source; the user data is an unretained `DescriptorSource`.
  static func virtualIO() -> SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { DescriptorSource.from($0)?.length ?? 0 },
      seek: { DescriptorSource.from($2)?.seek($0, $1) ?? -1 },
      read: { target, count, data in
        guard let target, count > 0, let source = DescriptorSource.from(data) else { return 0 }
        return sf_count_t(
          source.read(UnsafeMutableRawBufferPointer(start: target, count: Int(count))))
      },
      write: { _, _, _ in 0 },
      tell: { DescriptorSource.from($0)?.position ?? -1 })
  }

  private static func from(_ data: UnsafeMutableRawPointer?) -> DescriptorSource? {
    data.map { Unmanaged<DescriptorSource>.fromOpaque($0).takeUnretainedValue() }
  }
}
