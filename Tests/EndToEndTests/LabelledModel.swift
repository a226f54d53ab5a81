import Foundation
import TestSupport

/// A narrow network with a tag head of random directions, and what its tags must be.
struct LabelledModel {
  static let labels = ["bell", "étude", "rain"]

  let url: URL
  var writer: SafetensorsWriter
  private let weights: [Float]
  private let bias: [Float]

  init(_ name: String, in home: DaemonProcess.Home) {
    var random = SplitMix64(seed: 31)
    weights = random.vector(3 * 128).map { $0 * 8 }
    bias = random.vector(3)
    url = home.beside(name + ".safetensors")
    writer = Self.bare(name)
    writer.metadata["labels"] = #"["bell","étude","rain"]"#
    writer.add("tags.weight", shape: [3, 128], weights)
    writer.add("tags.bias", shape: [3], bias)
  }

  /// The same network without a tag head.
  static func bare(_ name: String) -> SafetensorsWriter {
    var writer = FormulaModel.hark(widths: [4, 6, 8, 8, 10, 12])
    writer.metadata["name"] = name
    return writer
  }

  /// Each label's score for an embedding, worked out from the definition.
  func scores(_ embedding: some Collection<Float>) -> [String: Double] {
    var scores: [String: Double] = [:]
    for (row, label) in Self.labels.enumerated() {
      var sum = Double(bias[row])
      for (weight, value) in zip(weights.dropFirst(row * 128), embedding) {
        sum += Double(weight) * Double(value)
      }
      scores[label] = 1 / (1 + exp(-sum))
    }
    return scores
  }
}

extension DaemonProcess.Home {
  /// Writes the settings with a model in them.
  func set(model: URL) throws {
    let text = "settle: 0.1\nworkers: 2\nmodel: \(model.path)\n"
    try Data(text.utf8).write(to: settings)
  }
}
