import CSndfile
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// An open libsndfile handle, before it is known whether it is kept.
final class Opening {
  let info: SF_INFO
  private var handle: OpaquePointer?
  private let source: DescriptorSource

  /// - Throws: ``AnalysisFailure``: `notAudio`, `unsupported`, `corrupt` or `readError`.
  init(_ source: DescriptorSource) throws(AnalysisFailure) {
    var info = SF_INFO()
    var io = DescriptorSource.virtualIO()
    source.rewind()
    let data = Unmanaged.passUnretained(source).toOpaque()
    handle = sf_open_virtual(&io, Int32(SFM_READ), &info, data)
    self.info = info
    self.source = source
    if let failure = source.failure { throw DescriptorSource.readError(failure) }
    guard handle == nil else { return }
    throw Self.failure(error: sf_error(nil))
  }

  deinit { if let handle { sf_close(handle) } }

  /// Hands the handle over to a caller who closes it.
  func release() -> OpaquePointer {
    guard let handle else { preconditionFailure("the handle was released before") }
    self.handle = nil
    return handle
  }

  /// Hands the handle over at a frame; `nil` where that cannot be reached.
  func seek(to frame: Int64) -> OpaquePointer? {
    guard sf_seek(handle, frame, Int32(SEEK_SET)) == frame else { return nil }
    return release()
  }

  private static func failure(error: Int32) -> AnalysisFailure {
    switch Int(error) {
    case SF_ERR_UNRECOGNISED_FORMAT:
      AnalysisFailure(.notAudio, "no audio format that is known")
    case SF_ERR_UNSUPPORTED_ENCODING, unimplemented:
      AnalysisFailure(
        .unsupported, "its codec cannot be decoded by \(Decoder.version)")
    default:
      AnalysisFailure(.corrupt, Decoder.describe(error: error))
    }
  }

  /// libsndfile's private SFE_UNIMPLEMENTED; its message is the way to find it.
  private static let unimplemented: Int = {
    for error in Int32(5)..<64
    where Decoder.describe(error: error) == "File contains data in an unimplemented format" {
      return Int(error)
    }
    return Int.min
  }()

  /// The file's own words about itself.
  func metadata() -> Metadata {
    func text(_ kind: Int) -> String? {
      guard let bytes = sf_get_string(handle, Int32(kind)) else { return nil }
      var length = 0
      while length < TagText.limit * 8, bytes[length] != 0 { length += 1 }
      return TagText.decode(UnsafeRawBufferPointer(start: bytes, count: length))
    }
    return Metadata(
      title: text(SF_STR_TITLE), artist: text(SF_STR_ARTIST), album: text(SF_STR_ALBUM),
      track: text(SF_STR_TRACKNUMBER), date: text(SF_STR_DATE))
  }

  /// Frames that the header promises, which for files cut short are more than libsndfile reports:
  /// it corrects them to the file's size and says so in its log (`data : 9 (should be 5)`).
  func declaredFrames() -> Int64? {
    guard info.frames < Int64.max else { return nil }
    guard info.frames > 0, let (declared, actual) = correctedSize() else { return info.frames }
    // Programs that write to a pipe leave 0, or as much as the field holds.
    guard declared > actual, actual > 0, declared < 0x7fff_0000 else { return info.frames }
    return Int64(Double(info.frames) * Double(declared) / Double(actual))
  }

  private func correctedSize() -> (declared: Int64, actual: Int64)? {
    var log = [CChar](repeating: 0, count: 16 << 10)
    let count = sf_command(handle, Int32(SFC_GET_LOG_INFO), &log, Int32(log.count))
    let text = String(
      decoding: log.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for line in text.split(separator: "\n") {
      let words = line.split { " :()".contains($0) }
      guard words.count == 5, ["data", "SSND", "BODY"].contains(words[0]), words[2] == "should",
        words[3] == "be", let declared = Int64(words[1]), let actual = Int64(words[4])
      else { continue }
      return (declared, actual)
    }
    return nil
  }
}
