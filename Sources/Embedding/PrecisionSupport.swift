import CDNNL
import Core

/// Which precisions this processor runs, and which is picked where nobody asks for one.
public struct PrecisionSupport: Sendable {
  private let cpu: hark_cpu

  init(cpu: hark_cpu) { self.cpu = cpu }

  /// This machine's.
  public static let current = PrecisionSupport(cpu: hark_cpu_detect())

  /// The precisions that can be asked for. bf16 needs AVX-512, where oneDNN emulates it if it is
  /// not native; int8 needs AVX2.
  public var supported: Set<Precision> {
    var precisions: Set<Precision> = [.f32]
    if cpu.avx512 { precisions.insert(.bf16) }
    if cpu.avx2 { precisions.insert(.int8) }
    return precisions
  }

  /// The precision that is picked: int8 for a model that has activation limits, else bf16 where it is
  /// native, else f32.
  ///
  /// Without VNNI too: on a Zen 3 core, which has AVX2 alone, int8 is twice as fast as f32
  /// (Benchmarks/README.md), and its embeddings are as near to those of f32 (Models/CARD.md).
  public func preferred(isCalibrated: Bool) -> Precision {
    if cpu.avx2, isCalibrated { return .int8 }
    return cpu.bf16 ? .bf16 : .f32
  }

  /// The largest activation code of 8-bit layers. Without VNNI, pairs of products of an unsigned
  /// and a signed 8-bit number are added in 16 bits, saturating (`vpmaddubsw`): 7-bit codes are the
  /// largest that cannot overflow, since 2 · 127 · 127 < 2¹⁵.
  var largestCode: Float { cpu.vnni ? 255 : 127 }

  /// Throws ``HarkError`` (`unsupported`) unless `precision` is among ``supported``.
  func require(_ precision: Precision) throws(HarkError) {
    guard !supported.contains(precision) else { return }
    let need = precision == .bf16 ? "AVX-512" : "AVX2"
    let names = Precision.allCases.filter(supported.contains).map(\.rawValue)
    throw HarkError(
      .unsupported, "this processor cannot run the network at \(precision.rawValue)",
      remedy: "choose \(names.joined(separator: " or ")), or leave the choice to Hark",
      cause: "it lacks \(need)")
  }
}
