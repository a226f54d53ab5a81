import CSndfile
import Core

/// One audio file, decoded by libsndfile from a borrowed open descriptor, front to back, in bounded
/// memory whatever its length. The format is told by content, never by a name.
///
/// The descriptor has to stay open, and is neither moved nor closed.
public final class AudioFile {
  /// Rates that are analysed, in frames per second.
  public static let sampleRates = 4_000...384_000

  /// Frames per second.
  public let sampleRate: Int
  /// Channels, 1–1024.
  public let channels: Int
  /// Frames that the header promises; `nil` where it does not say.
  public let declaredFrames: Int64?
  /// Container and codec in libsndfile's words.
  public let container: String
  public let codec: String
  public let metadata: Metadata
  /// Frames decoded so far.
  public internal(set) var framesRead: Int64 = 0
  /// What was odd but not fatal; complete after ``finish()``.
  public internal(set) var warnings: [String] = []

  var handle: OpaquePointer
  let source: DescriptorSource
  let kind: FileLayout.Kind
  /// What has come behind the first stream so far.
  var continuation: Continuation
  private var hasEnded = false

  /// Opens the file that `descriptor` refers to, and reads its header and metadata.
  ///
  /// - Throws: ``AnalysisFailure``: `empty`, `notAudio`, `unsupported`, `corrupt`, `outOfRange` or
  ///   `readError`.
  public init(descriptor: Int32) throws(AnalysisFailure) {
    let source = try DescriptorSource(descriptor: descriptor)
    let layout = try FileLayout(source)
    source.skip(from: layout.prefix, to: layout.base)
    // Tags at the very end need a seek from the end, which a stream refuses.
    let isMPEG = layout.kind == .mpeg
    let tail = isMPEG ? try Opening(source).metadata() : nil
    source.isStream = isMPEG
    source.unfinishedSize = layout.unfinishedSize
    let opening = try Self.open(source, layout)
    let info = opening.info
    guard Self.sampleRates.contains(Int(info.samplerate)) else {
      throw AnalysisFailure(
        .outOfRange, "its sample rate is \(info.samplerate) Hz; 4,000 to 384,000 can be analysed")
    }
    let container = info.format & Int32(SF_FORMAT_TYPEMASK)
    sampleRate = Int(info.samplerate)
    channels = Int(info.channels)
    declaredFrames = opening.declaredFrames()
    self.container = Decoder.name(of: container)
    codec = Decoder.name(of: info.format & Int32(SF_FORMAT_SUBMASK))
    metadata = tail ?? opening.metadata()
    handle = opening.release()
    self.source = source
    kind = layout.kind
    continuation = Continuation(channels: channels, link: layout.base)
    if layout.unfinishedSize != nil { warnings.append("its header was never finished") }
  }

  deinit { sf_close(handle) }

  private static func open(
    _ source: DescriptorSource, _ layout: FileLayout
  ) throws(AnalysisFailure) -> Opening {
    do throws(AnalysisFailure) {
      return try Opening(source)
    } catch {
      guard error.code == .corrupt, let codec = layout.foreignCodec else { throw error }
      throw AnalysisFailure(
        .unsupported, "\(codec) cannot be decoded by \(Decoder.version)")
    }
  }

  /// Decodes interleaved frames into `target`, in [-1, 1] for integer formats, as they are for
  /// floating-point ones; NaN and infinities are passed on.
  ///
  /// - Returns: frames decoded, at most `target.count / channels`; 0 at the end.
  /// - Throws: ``AnalysisFailure``: `readError`, or `corrupt` if nothing at all can be decoded.
  public func read(
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(AnalysisFailure) -> Int {
    guard !hasEnded, let start = target.baseAddress else { return 0 }
    let wanted = sf_count_t(target.count / channels)
    var count = decode(start, wanted)
    if count <= 0 { count = try goOn(start, wanted) }
    if let failure = source.failure { throw DescriptorSource.readError(failure) }
    if count > 0 {
      framesRead += count
      return Int(count)
    }
    hasEnded = true
    try noteError()
    return 0
  }

  /// Checks, once everything is read, that the file kept its promises.
  ///
  /// - Throws: ``AnalysisFailure``: `noFrames`, or `changed` if the file was written to meanwhile.
  public func finish() throws(AnalysisFailure) {
    guard source.isUnchanged() else {
      throw AnalysisFailure(.changed, "the file changed while it was read")
    }
    guard framesRead > 0 else {
      throw AnalysisFailure(.noFrames, "a \(container) file without any audio in it")
    }
    if let declaredFrames, declaredFrames > framesRead {
      warnings.append(
        "it holds \(seconds(framesRead)) of the \(seconds(declaredFrames)) that its header"
          + " promises")
    }
    if kind == .ogg, declaredFrames == nil, continuation.links == 1 {
      warnings.append("it breaks off: the last page of its stream is missing")
    }
  }

  private func noteError() throws(AnalysisFailure) {
    let error = sf_error(handle)
    guard error != 0 else { return }
    let message = Decoder.describe(error: error)
    guard framesRead > 0 else {
      throw AnalysisFailure(.corrupt, "\(container), but nothing can be decoded: \(message)")
    }
    warnings.append("the decoder stopped after \(seconds(framesRead)): \(message)")
  }

  func seconds(_ frames: Int64) -> String {
    let tenths = (Double(frames) / Double(sampleRate) * 10).rounded()
    guard tenths > 0, tenths < 1e15 else { return "\(frames) frames" }
    return "\(tenths / 10) s"
  }
}
