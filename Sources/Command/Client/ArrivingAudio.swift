import Core
import NIOPosix
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Audio that comes through a pipe, gathered as it comes.
struct ArrivingAudio {
  /// Samples without a header, 16-bit little-endian.
  struct RawFormat: Hashable, Sendable {
    var sampleRate: Int
    var channels: Int
  }

  /// What has come so far, of PCM that does not end the last ``kept`` seconds; raw samples with the
  /// header of a WAV file before them.
  private(set) var bytes: [UInt8]
  /// Seconds that are kept of PCM that goes on and on.
  static let kept = 600.0

  private let descriptor: FileDescriptor
  private let limit: Int
  private var isAtEnd = false
  /// Bytes of samples that came before those that are kept.
  private var forgotten = 0

  /// - Parameters:
  ///   - raw: what the samples are; `nil` for a file of any format.
  ///   - limit: bytes that are taken at most.
  init(_ descriptor: FileDescriptor, raw: RawFormat? = nil, limit: Int = 1 << 30) {
    self.descriptor = descriptor
    self.limit = limit
    bytes = raw.map(Self.header) ?? []
  }

  /// Waits until so many seconds have come, and says whether more may come: `false` at the end.
  /// Where the length cannot be told, or for `nil`, it waits for the end.
  ///
  /// - Parameter most: seconds up to which is taken, too, what is there without waiting.
  mutating func receive(seconds: Double?, most: Double? = nil) async throws -> Bool {
    defer { if seconds != nil { forget() } }
    while !isAtEnd {
      let isEnough = seconds.map(hasCome) ?? false
      if isEnough, most.map(hasCome) ?? true { return true }
      if bytes.count >= limit, seconds != nil { forget() }
      let (descriptor, room) = (descriptor, limit - bytes.count)
      guard room > 0 else {
        throw HarkError(
          .tooLarge, "more than \(Format.bytes(Int64(limit))) came through standard input",
          remedy: "name the file instead")
      }
      guard
        let piece = try await Self.piece(
          of: descriptor, atMost: min(room, 1 << 16), waits: !isEnough)
      else { return true }
      isAtEnd = piece.isEmpty
      bytes += piece
    }
    return false
  }

  /// What is there, at least a byte; none at the end, and nil where it does not wait and nothing is
  /// there.
  private static func piece(
    of descriptor: FileDescriptor, atMost length: Int, waits: Bool
  ) async throws -> [UInt8]? {
    do {
      // A pipe may be silent for long and must not hold up one of Swift's few threads.
      return try await NIOThreadPool.singleton.runIfActive { () throws -> [UInt8]? in
        guard waits || Self.isReady(descriptor, within: Self.patience) else { return nil }
        return try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
          count = try Self.read(descriptor, into: UnsafeMutableRawBufferPointer(buffer))
        }
      }
    } catch {
      guard let number = error as? Errno else { throw error }
      throw HarkError(
        .corrupt, "standard input cannot be read", remedy: "pipe audio into hark, or name a file",
        cause: HarkError.describe(errno: number.rawValue))
    }
  }

  /// Milliseconds in which a program that has more to give fills a pipe again, and a recorder does
  /// not.
  private static let patience: Int32 = 5

  /// Waits on a descriptor that does not wait by itself, such as another program's that it has made
  /// so.
  private static func read(
    _ descriptor: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    while true {
      do {
        return try descriptor.read(into: buffer)
      } catch {
        guard (error as? Errno) == .wouldBlock else { throw error }
      }
      _ = isReady(descriptor, within: -1)
    }
  }

  /// Whether something can be read, or the end is there, within so many milliseconds; −1 for ever.
  private static func isReady(_ descriptor: FileDescriptor, within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) > 0
  }

  /// Of a WAV file whose format has come.
  private var bytesPerSecond: Int? { WAVFormat(bytes)?.bytesPerSecond }

  private func hasCome(_ seconds: Double) -> Bool { self.seconds.map { $0 >= seconds } ?? false }

  /// What has come so far, forgotten or not, in seconds; nil where that cannot be told.
  var seconds: Double? { bytesPerSecond.map { Double(forgotten + bytes.count) / Double($0) } }

  /// Seconds that came before those that are kept.
  var forgottenSeconds: Double { bytesPerSecond.map { Double(forgotten) / Double($0) } ?? 0 }

  /// Leaves the last ``kept`` seconds of PCM.
  private mutating func forget() {
    guard let format = WAVFormat(bytes), let samples = format.samples else { return }
    let most = Int(Self.kept) * format.bytesPerSecond
    let frames = (bytes.count - samples.start - most) / samples.bytesPerFrame
    guard frames > 0 else { return }
    let old = frames * samples.bytesPerFrame
    forgotten += old
    bytes.replaceSubrange(..<(samples.start + old), with: samples.header)
  }

  /// When what has come is asked about next: so many seconds are waited for, and as many more are
  /// taken as are there at once. A recording that plays is asked about often; of a file, less than
  /// is kept is passed over.
  static func nextQuestion(after seconds: Double) -> (least: Double, most: Double) {
    (seconds + min(seconds / 2, 15), seconds + min(seconds / 2, kept / 2))
  }

  /// A WAV header whose lengths say that the end is unknown.
  private static func header(_ format: RawFormat) -> [UInt8] {
    func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    let frame = 2 * format.channels
    return Array("RIFF".utf8) + number(UInt32.max) + Array("WAVEfmt ".utf8) + number(UInt32(16))
      + number(UInt16(1)) + number(UInt16(format.channels)) + number(UInt32(format.sampleRate))
      + number(UInt32(format.sampleRate * frame)) + number(UInt16(frame)) + number(UInt16(16))
      + Array("data".utf8) + number(UInt32.max)
  }
}
