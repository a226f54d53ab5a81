import CDNNL
import Core

/// From the last map to 128 numbers, always in f32: next to the trunk it costs little, and it is
/// where rounding would show.
final class Head {
  private let architecture: Architecture
  private let postprocessing: Postprocessing
  private let pca: (matrix: [Float], means: [Float])?
  private let program: Program
  private let batch: Int
  private let channels: Int

  init(_ model: ModelFile, batch: Int) throws(HarkError) {
    let weights = model.weights
    architecture = model.architecture
    postprocessing = model.postprocessing
    pca = weights.pca
    channels = weights.channels
    self.batch = batch
    program = try Program(batch: batch, channels: weights.dense[0].inputs)
    for (index, layer) in weights.dense.enumerated() {
      var mode = Program.Mode()
      mode.hasReLU = index < weights.dense.count - 1
      try program.addDense(layer, mode)
    }
    try program.finish()
  }

  /// Bytes held.
  var memory: Int { program.memory }

  /// `maps` is batch × 6 × 4 × C; the first `count` results go to `embeddings`, 128 each.
  func run(
    _ maps: UnsafePointer<Float>, count: Int, into embeddings: UnsafeMutablePointer<Float>
  ) throws(HarkError) {
    guard let input = program.input, let output = program.output else { return }
    let row = NetworkShape.lastMapBands * channels
    let mapSize = NetworkShape.lastMapFrames * row
    switch architecture {
    case .vggish: input.update(from: maps, count: batch * mapSize)
    case .vggishHark:
      for patch in 0..<batch {
        Self.poolTime(
          maps + patch * mapSize, row: row, into: input + patch * 2 * row)
      }
    }
    try program.run()
    let dimension = Embedding.dimension
    for patch in 0..<count {
      let from = output + patch * dimension
      let to = embeddings + patch * dimension
      switch architecture {
      case .vggish: postprocess(from, into: to)
      case .vggishHark: Self.normalise(from, into: to)
      }
    }
  }

  /// Means over time, then maxima over time, of a map of 6 rows.
  private static func poolTime(
    _ map: UnsafePointer<Float>, row: Int, into pooled: UnsafeMutablePointer<Float>
  ) {
    let frames = NetworkShape.lastMapFrames
    var index = 0
    while index < row {
      var sum: Float = 0
      // Outputs of a ReLU are never below zero.
      var peak: Float = 0
      var frame = 0
      while frame < frames {
        let value = map[frame * row + index]
        sum += value
        peak = max(peak, value)
        frame += 1
      }
      pooled[index] = sum / Float(frames)
      pooled[row + index] = peak
      index += 1
    }
  }

  private static func normalise(
    _ values: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    var sum = 0.0
    for index in 0..<Embedding.dimension { sum += Double(values[index]) * Double(values[index]) }
    let scale = sum > 0 ? 1 / sum.squareRoot() : 0
    for index in 0..<Embedding.dimension { result[index] = Float(Double(values[index]) * scale) }
  }

  private func postprocess(
    _ values: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>
  ) {
    let size = Embedding.dimension
    guard let pca else {
      result.update(from: values, count: size)
      return
    }
    for row in 0..<size {
      var sum = 0.0
      for column in 0..<size {
        let centred = Double(values[column]) - Double(pca.means[column])
        sum += Double(pca.matrix[row * size + column]) * centred
      }
      if postprocessing == .pca8bit {
        let code = ((max(-2, min(2, sum)) + 2) * (255.0 / 4)).rounded(.down)
        sum = code * (4.0 / 255) - 2
      }
      result[row] = Float(sum)
    }
  }
}
