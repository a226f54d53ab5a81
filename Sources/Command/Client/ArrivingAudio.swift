import Core
import NIOPosix
import SystemPackage

/// Audio that comes through a pipe, gathered as it comes.
struct ArrivingAudio {
  /// Samples without a header, 16-bit little-endian.
  struct RawFormat: Hashable, Sendable {
    var sampleRate: Int
    var channels: Int
  }

  /// What has come so far; raw samples with the header of a WAV file before them.
  private(set) var bytes: [UInt8]

  private let descriptor: FileDescriptor
  private let limit: Int
  private var isAtEnd = false

  /// - Parameters:
  ///   - raw: what the samples are; `nil` for a file of any format.
  ///   - limit: bytes that are taken at most.
  init(_ descriptor: FileDescriptor, raw: RawFormat? = nil, limit: Int = 1 << 30) {
    self.descriptor = descriptor
    self.limit = limit
    bytes = raw.map(Self.header) ?? []
  }

  /// Waits until so many seconds are there, and says whether more may come: `false` at the end. Where
  /// the length cannot be told, or for `nil`, it waits for the end.
  mutating func receive(seconds: Double?) async throws -> Bool {
    while !isAtEnd {
      if let seconds, let rate = bytesPerSecond,
        Double(bytes.count) >= seconds * Double(rate)
      {
        return true
      }
      let (descriptor, room) = (descriptor, limit - bytes.count)
      guard room > 0 else {
        throw HarkError(
          .tooLarge, "more than \(Format.bytes(Int64(limit))) came through standard input",
          remedy: "name the file instead")
      }
      let piece = try await Self.piece(of: descriptor, atMost: min(room, 1 << 16))
      isAtEnd = piece.isEmpty
      bytes += piece
    }
    return false
  }

  /// What is there, at least a byte; none at the end.
  private static func piece(
    of descriptor: FileDescriptor, atMost length: Int
  ) async throws -> [UInt8] {
    do {
      // A pipe may be silent for long and must not hold up one of Swift's few threads.
      return try await NIOThreadPool.singleton.runIfActive {
        try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
          count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
      }
    } catch {
      guard let number = error as? Errno else { throw error }
      throw HarkError(
        .corrupt, "standard input cannot be read", remedy: "pipe audio into hark, or name a file",
        cause: HarkError.describe(errno: number.rawValue))
    }
  }

  /// Of a WAV file whose format has come.
  private var bytesPerSecond: Int? { WAVFormat(bytes)?.bytesPerSecond }

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
