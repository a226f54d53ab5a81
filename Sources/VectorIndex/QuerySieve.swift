import CKernels
import Core

/// A query as sketches are asked by it: 8 bits a dimension, with the bound of what that takes away.
///
/// Let q be the query scaled to length 1 and q′ = `step` · codes, `error` = |q − q′|. For a recording's
/// unit vector x and a plane's vector c, q·x = q′·c + q′·(x − c) + (q − q′)·x, so by Cauchy–Schwarz
/// q·x ≤ q′·c + (1 + error) · |x − c| + error.
struct QuerySieve: Sendable {
  /// As the kernels take it; `least` is set for each call.
  private(set) var kernel: hark_sieve
  private let step: Double
  private let error: Double
  /// 127.5 · Σ codes.
  private let middle: Double
  /// (1 + error) times the largest distance of both planes' vector from x, a unit of the row's step.
  private let reach: Double

  /// 2⁻²⁰ is more than the roundings of the kernel's binary32 (nine times 2⁻²⁴), of this file's and
  /// of the sketches' binary64, and of the thresholds' subtraction together.
  private static let rounding = 0x1p-20

  /// - Parameter unit: the query scaled to length 1, or all zero.
  init(unit: [Double]) {
    kernel = hark_sieve()
    let peak = unit.reduce(0) { max($0, abs($1)) }
    let step = peak / 127
    var sum = 0.0
    var away = 0.0
    withUnsafeMutableBytes(of: &kernel.codes) { codes in
      for (index, value) in unit.enumerated() where step > 0 {
        let code = min(127, max(-127, (value / step).rounded()))
        codes[index] = UInt8(bitPattern: Int8(code))
        sum += code
        away += (value - code * step) * (value - code * step)
      }
    }
    self.step = step
    error = away.squareRoot()
    middle = 127.5 * sum
    reach =
      (1 + error) * Double(Embedding.dimension).squareRoot() / 2 * SketchBlock.stepUnit / 16
    kernel.middle = Float(7.5 * sum)
    kernel.scale = Float(step * SketchBlock.stepUnit)
    kernel.reach = Float((1 + error) * SketchBlock.distanceUnit)
  }

  /// The kernel's form for a scan that looks for scores from `threshold` on.
  func kernel(from threshold: Float) -> hark_sieve {
    var kernel = kernel
    kernel.least = Float(Double(threshold) - error - Self.rounding)
    return kernel
  }

  /// The least and the greatest score that both planes allow, with their sums of products `first` and
  /// `second`; `step` is the row's own.
  func bounds(first: Int32, second: Int32, step: UInt16) -> (least: Double, most: Double) {
    let sum = Double(16 * Int(first) + Int(second)) - middle
    let score = sum * self.step * (Double(step) * (SketchBlock.stepUnit / 16))
    let apart = Double(step) * reach + error + Self.rounding
    return (score - apart, score + apart)
  }
}
