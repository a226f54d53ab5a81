import CFFTW
import Synchronization

/// A real-to-complex Fourier transform of one length, with its own input and output, by FFTW in
/// double precision.
///
/// Single precision does not suffice: beside a full-scale tone, whose magnitude is about 100, its
/// rounding leaves some 10⁻⁶ in empty bands, which after ln(mel + 0.01) is an error of 2.7·10⁻⁴.
///
/// `FFTW_ESTIMATE` plans the same way every time, so that results repeat to the last bit. FFTW's
/// planner is not thread-safe and is used under a lock; running a plan needs none.
public final class FFTPlan {
  /// Points, real.
  public let length: Int
  /// `length` real samples, to be written before ``execute()``. All zero at first.
  public let input: UnsafeMutableBufferPointer<Double>
  /// `length / 2 + 1` complex numbers, real and imaginary parts in turn, from frequency 0 up.
  public let output: UnsafeBufferPointer<Double>

  private let plan: fftw_plan
  private let memory: UnsafeMutableRawBufferPointer

  private static let planner = Mutex(())

  /// - Parameter length: > 0 and a multiple of 16, which keeps the output aligned.
  public init(length: Int) {
    precondition(length > 0 && length % 16 == 0)
    self.length = length
    let count = length + length + 2
    memory = .allocate(byteCount: count * MemoryLayout<Double>.stride, alignment: 64)
    let values = memory.bindMemory(to: Double.self)
    values.initialize(repeating: 0)
    let input = UnsafeMutableBufferPointer(rebasing: values[..<length])
    let output = UnsafeMutableBufferPointer(rebasing: values[length...])
    self.input = input
    self.output = UnsafeBufferPointer(output)
    plan = Self.makePlan(length, input, output)
    input.update(repeating: 0)
  }

  deinit {
    // The lock's closure may not capture what is not Sendable, though nobody else has it.
    nonisolated(unsafe) let plan = plan
    Self.planner.withLock { _ in fftw_destroy_plan(plan) }
    memory.deallocate()
  }

  private static func makePlan(
    _ length: Int, _ input: UnsafeMutableBufferPointer<Double>,
    _ output: UnsafeMutableBufferPointer<Double>
  ) -> fftw_plan {
    nonisolated(unsafe) let (input, output) = (input, output)
    nonisolated(unsafe) var plan: fftw_plan?
    planner.withLock { _ in
      output.withMemoryRebound(to: fftw_complex.self) {
        plan = fftw_plan_dft_r2c_1d(
          Int32(length), input.baseAddress, $0.baseAddress,
          FFTW_ESTIMATE | UInt32(FFTW_DESTROY_INPUT))
      }
    }
    guard let plan else { preconditionFailure("FFTW plans every length above 0") }
    return plan
  }

  /// Transforms ``input`` into ``output``; the input's contents are lost.
  public func execute() { fftw_execute(plan) }
}
