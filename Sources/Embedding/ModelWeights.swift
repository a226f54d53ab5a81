import Core

/// One layer's tensors, checked.
struct LayerWeights {
  let name: String
  let weight: Tensor
  /// With 8-bit weights: one a row.
  let weightScales: [Float]?
  let bias: [Float]
  /// For a calibrated convolution: the largest value after its ReLU.
  let activationLimit: Float?

  var outputs: Int { weight.shape[0] }
  var inputs: Int { weight.shape[1] }
  /// Weights of one output.
  var rowLength: Int { weight.count / outputs }

  /// The weights as floats. Complexity: O(n).
  func floats() -> [Float] {
    var values = weight.floats()
    guard let weightScales else { return values }
    let length = rowLength
    values.withUnsafeMutableBufferPointer { buffer in
      var index = 0
      while index < buffer.count {
        buffer[index] *= weightScales[index / length]
        index += 1
      }
    }
    return values
  }

  /// The weights as symmetric 8-bit codes with a scale for each output: as stored, or else
  /// `scale = max|w| / 127`, rounded half to even. Complexity: O(n).
  func codes() -> (codes: [Int8], scales: [Float]) {
    if let weightScales {
      return (Array(weight.bytes.assumingMemoryBound(to: Int8.self)), weightScales)
    }
    let values = weight.floats()
    let length = rowLength
    var scales: [Float] = []
    let codes = [Int8](unsafeUninitializedCapacity: values.count) { codes, initialised in
      values.withUnsafeBufferPointer { values in
        var start = 0
        while start < values.count {
          let end = start + length
          var peak: Float = 0
          var index = start
          while index < end {
            peak = max(peak, abs(values[index]))
            index += 1
          }
          // A row of zeros still needs a scale to divide by.
          let scale = peak > 0 ? peak / 127 : 1
          scales.append(scale)
          index = start
          while index < end {
            let code = (values[index] / scale).rounded(.toNearestOrEven)
            codes.initializeElement(at: index, to: Int8(max(-127, min(127, code))))
            index += 1
          }
          start = end
        }
        initialised = values.count
      }
    }
    return (codes, scales)
  }
}

/// All tensors of a model, checked against its architecture.
struct ModelWeights: @unchecked Sendable {
  // Safe to share: tensors point into a read-only mapping, which `file` keeps alive.
  private let file: MappedFile

  /// conv1, conv2, conv3_1, conv3_2, conv4_1, conv4_2.
  let convolutions: [LayerWeights]
  /// fc1_1, fc1_2, fc2; or `embedding` alone.
  let dense: [LayerWeights]
  /// 128 × 128, and 128.
  let pca: (matrix: [Float], means: [Float])?
  let tags: LayerWeights?

  static let convolutionNames = ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2"]
  /// Whether a 2 × 2 maximum follows.
  static let poolsAfter = [true, true, false, true, false, true]

  var isCalibrated: Bool { convolutions.dropLast().allSatisfy { $0.activationLimit != nil } }

  /// Channels of the last map.
  var channels: Int { convolutions[convolutions.count - 1].outputs }

  /// Throws ``HarkError`` (`corrupt`) that names the tensor.
  init(
    file: Safetensors, architecture: Architecture, postprocessing: Postprocessing, labels: Int
  ) throws(HarkError) {
    self.file = file.file
    let reader = LayerReader(file: file)
    var layers: [LayerWeights] = []
    var width = 1
    for name in Self.convolutionNames {
      let layer = try reader.layer(name, shape: [nil, width, 3, 3])
      width = layer.outputs
      layers.append(layer)
    }
    convolutions = layers
    let limits = layers.dropLast().filter { $0.activationLimit != nil }
    guard limits.isEmpty || limits.count == layers.count - 1 else {
      throw file.corrupt("some convolutions have an activation_limit and some have none")
    }

    let rows = NetworkShape.lastMapFrames
    let columns = NetworkShape.lastMapBands
    switch architecture {
    case .vggish:
      let first = try reader.layer("fc1_1", shape: [nil, rows * columns * width])
      let second = try reader.layer("fc1_2", shape: [nil, first.outputs])
      let third = try reader.layer("fc2", shape: [Embedding.dimension, second.outputs])
      dense = [first, second, third]
    case .vggishHark:
      guard postprocessing == .none else {
        throw file.corrupt("postprocessing \(postprocessing.rawValue) needs the vggish head")
      }
      dense = [
        try reader.layer("embedding", shape: [Embedding.dimension, 2 * columns * width])
      ]
    }
    if postprocessing == .none {
      pca = nil
    } else {
      let size = Embedding.dimension
      pca = (
        try reader.floats("pca.matrix", shape: [size, size]),
        try reader.floats("pca.means", shape: [size])
      )
    }
    let hasTags = file.tensors["tags.weight"] != nil || file.tensors["tags.bias"] != nil
    if hasTags || labels > 0 {
      tags = try reader.layer("tags", shape: [labels, Embedding.dimension])
    } else {
      tags = nil
    }
    let names = Self.convolutionNames + dense.map(\.name) + ["tags"]
    try Self.checkNames(file, layers: names, hasPCA: architecture == .vggish)
  }

  /// Refuses a tensor that nothing would read: most likely its name is not what was meant.
  private static func checkNames(
    _ file: Safetensors, layers: [String], hasPCA: Bool
  ) throws(HarkError) {
    var known: Set<String> = hasPCA ? ["pca.matrix", "pca.means"] : []
    for layer in layers {
      for part in ["weight", "weight_scale", "bias", "activation_limit"] {
        known.insert("\(layer).\(part)")
      }
    }
    if let unknown = file.tensors.keys.sorted().first(where: { !known.contains($0) }) {
      throw file.corrupt("the architecture knows no tensor \(unknown)")
    }
  }
}

/// Takes tensors out of a file and checks their shapes and numbers.
private struct LayerReader {
  let file: Safetensors

  /// `NAME.weight` and `NAME.bias`; `nil` in a shape stands for any length of at least 1.
  func layer(_ name: String, shape: [Int?]) throws(HarkError) -> LayerWeights {
    let weight = try tensor("\(name).weight", shape: shape)
    let outputs = weight.shape[0]
    guard weight.count > 0, outputs <= NetworkShape.widest else {
      throw file.corrupt("the tensor \(weight.name) has \(outputs) rows")
    }
    var scales: [Float]?
    if weight.element == .i8 {
      let values = try floats("\(name).weight_scale", shape: [outputs])
      guard values.allSatisfy({ $0 > 0 }) else {
        throw file.corrupt("the tensor \(name).weight_scale is not positive")
      }
      scales = values
    }
    var limit: Float?
    if file.tensors["\(name).activation_limit"] != nil {
      let values = try floats("\(name).activation_limit", shape: [1])
      guard values[0] > 0 else {
        throw file.corrupt("the tensor \(name).activation_limit is not positive")
      }
      limit = values[0]
    }
    return LayerWeights(
      name: name, weight: weight, weightScales: scales,
      bias: try floats("\(name).bias", shape: [outputs]), activationLimit: limit)
  }

  /// A tensor's values; codes without a scale are not taken.
  func floats(_ name: String, shape: [Int?]) throws(HarkError) -> [Float] {
    let tensor = try tensor(name, shape: shape)
    guard tensor.element != .i8 else {
      throw file.corrupt("the tensor \(name) has the type I8, which only weights may have")
    }
    return tensor.floats()
  }

  private func tensor(_ name: String, shape: [Int?]) throws(HarkError) -> Tensor {
    let tensor = try file.tensor(name)
    let fits =
      tensor.shape.count == shape.count
      && zip(tensor.shape, shape).allSatisfy { $1 == nil || $0 == $1 }
    guard fits else {
      let wanted = shape.map { $0.map(String.init) ?? "any" }.joined(separator: " × ")
      let found = tensor.shape.map(String.init).joined(separator: " × ")
      throw file.corrupt("the tensor \(name) has the shape \(found), not \(wanted)")
    }
    guard tensor.isFinite else {
      throw file.corrupt("the tensor \(name) holds a value that is not a finite number")
    }
    return tensor
  }
}
