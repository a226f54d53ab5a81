import CDNNL
import Core

extension Program {
  /// VGGish's convolutions for `batch` patches: 96 × 64 in, 6 × 4 × C out.
  static func trunk(
    _ weights: ModelWeights, precision: Precision, batch: Int, largestCode: Float
  ) throws(HarkError) -> Program {
    let program = try Program(
      batch: batch, channels: 1, height: NetworkShape.patchFrames, width: NetworkShape.patchBands)
    let layers = weights.convolutions
    for (index, layer) in layers.enumerated() {
      let isFirst = index == 0
      let isLast = index == layers.count - 1
      var mode = Mode()
      switch precision {
      case .f32: break
      case .bf16:
        mode.arithmetic = HARK_BF16
        mode.output = HARK_BF16
      case .int8:
        // The first layer has one channel and signed input, for which oneDNN has no fast 8-bit
        // kernel; it is 0.5 % of the work. The last map goes to the head unrounded.
        mode.arithmetic = isFirst ? HARK_F32 : HARK_INT8
        mode.output = isFirst || isLast ? HARK_F32 : HARK_INT8
        if !isLast { mode.ceiling = layer.activationLimit ?? 0 }
        mode.outputScale = mode.ceiling / largestCode
      }
      try program.addConvolution(layer, mode)
      if ModelWeights.poolsAfter[index] { try program.addMaxPool() }
      if precision == .int8, isFirst { try program.addQuantise(scale: mode.outputScale) }
    }
    try program.finish()
    return program
  }
}
