import CSoxr
import Core

/// Mono audio of one rate to 16 kHz: soxr, high quality (20 bits), one thread, streaming.
///
/// At 16 kHz blocks are passed on as they are. A resampler serves many files of its rate in turn:
/// ``flush(_:)`` leaves it ready for the next.
public final class Resampler {
  /// Frames per second that come out.
  public static let outputRate = 16_000

  /// Frames per second that go in.
  public let inputRate: Int

  private let soxr: OpaquePointer?
  private let output: SampleBuffer
  private var framesIn: Int64 = 0
  private var framesOut: Int64 = 0

  private static let outputCapacity = 4096

  /// Receives 16 kHz samples, valid during the call only.
  public typealias Sink = (UnsafeBufferPointer<Float>) throws(AnalysisFailure) -> Void

  /// - Throws: ``AnalysisFailure`` (`unavailable`) if soxr cannot allocate.
  public init(inputRate: Int) throws(AnalysisFailure) {
    self.inputRate = inputRate
    guard inputRate != Self.outputRate else {
      soxr = nil
      output = SampleBuffer(capacity: 1)
      return
    }
    var error: soxr_error_t?
    var types = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
    var quality = soxr_quality_spec(UInt(SOXR_20_BITQ), 0)
    var runtime = soxr_runtime_spec(1)
    soxr = soxr_create(
      Double(inputRate), Double(Self.outputRate), 1, &error, &types, &quality, &runtime)
    output = SampleBuffer(capacity: Self.outputCapacity)
    guard soxr != nil, error == nil else { throw Self.failure(error) }
  }

  deinit { if let soxr { soxr_delete(soxr) } }

  /// Takes the next samples, and gives what is ready.
  public func push(_ samples: UnsafeBufferPointer<Float>, _ sink: Sink) throws(AnalysisFailure) {
    guard !samples.isEmpty else { return }
    guard soxr != nil else { return try sink(samples) }
    framesIn += Int64(samples.count)
    var rest = samples
    while !rest.isEmpty {
      let used = try process(rest, sink)
      rest = UnsafeBufferPointer(rebasing: rest[used...])
    }
  }

  /// Gives what is left, and starts anew. In all, `frames in · 16,000 / input rate` samples have
  /// then come out, rounded to the nearest number.
  public func flush(_ sink: Sink) throws(AnalysisFailure) {
    guard soxr != nil else { return }
    while framesOut < expected {
      let before = framesOut
      _ = try process(nil, sink)
      guard framesOut > before else { break }
    }
    try reset()
  }

  /// Forgets what was pushed.
  public func reset() throws(AnalysisFailure) {
    framesIn = 0
    framesOut = 0
    guard let soxr else { return }
    if let error = soxr_clear(soxr) { throw Self.failure(error) }
  }

  private var expected: Int64 {
    let (rate, out) = (Int64(inputRate), Int64(Self.outputRate))
    return (framesIn * out + rate / 2) / rate
  }

  private func process(
    _ samples: UnsafeBufferPointer<Float>?, _ sink: Sink
  ) throws(AnalysisFailure) -> Int {
    var used = 0
    var made = 0
    let error = soxr_process(
      soxr, samples?.baseAddress, samples?.count ?? 0, &used, output.samples.baseAddress,
      output.samples.count, &made)
    if error != nil { throw Self.failure(error) }
    // A flush would go on with a tail of the filter's.
    let kept = samples == nil ? Int(min(Int64(made), expected - framesOut)) : made
    framesOut += Int64(kept)
    if kept > 0 { try sink(output.prefix(kept)) }
    return used
  }

  private static func failure(_ error: soxr_error_t?) -> AnalysisFailure {
    let reason = error.map { String(cString: $0) } ?? "no memory"
    return AnalysisFailure(.unavailable, "the resampler failed: \(reason)")
  }
}
