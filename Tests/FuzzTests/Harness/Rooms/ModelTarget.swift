import Core
import Foundation
import SystemPackage
import TestSupport

@testable import Embedding

/// A model file as anybody may have made it: read, checked, and its weights taken out.
///
/// Up to the first line feed an input is the header, which gets its length before it; the rest is the
/// tensors. An input that begins with a line feed is a whole file.
struct ModelTarget: FuzzTarget {
  static let name = "model"

  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func take(_ input: [UInt8]) {
    let header = input.prefix { $0 != UInt8(ascii: "\n") }
    var file = Array(input.dropFirst(header.count + 1))
    if !header.isEmpty {
      file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + file
    }
    scratch.write(file, "model")
    guard let model = try? ModelFile(path: scratch.file("model")) else { return }
    let weights = model.weights
    for layer in weights.convolutions + weights.dense + [weights.tags].compactMap({ $0 }) {
      guard layer.floats().allSatisfy(\.isFinite) || layer.weightScales != nil else {
        broken("\(layer.name) has finite weights")
      }
      let (codes, scales) = layer.codes()
      guard codes.count == layer.weight.count, scales.count == layer.outputs else {
        broken("\(layer.name) has a code for each weight")
      }
    }
    if let tags = model.tags, tags.labels.count != model.info.labels.count {
      broken("a model has as many tag directions as labels")
    }
  }

  /// Narrow models of both heads, one with 8-bit weights, with a hash for each tensor or without.
  static func seeds() throws -> [[UInt8]] {
    let directory = try TemporaryDirectory()
    var tagged = FormulaModel.hark(widths: [1, 1, 1, 1, 1, 1])
    tagged.metadata["labels"] = "[\"rain\",\"bell\"]"
    tagged.add("tags.weight", shape: [2, 128], [Float](repeating: 0.5, count: 256))
    tagged.add("tags.bias", shape: [2], [0, 1])
    tagged.add("conv2.weight", shape: [1, 1, 3, 3], codes: [Int8](repeating: 3, count: 9))
    tagged.add("conv2.weight_scale", shape: [1], [0.5])
    let original = FormulaModel.vggish(widths: [1, 1, 1, 1, 1, 1], dense: [1, 1])
    return try [tagged, original].map { writer in
      try writer.write(to: directory("m"))
      let file = [UInt8](try Data(contentsOf: directory("m")))
      let header = writer.header()
      return [UInt8](header) + [UInt8(ascii: "\n")] + file.dropFirst(8 + header.count)
    }
  }
}
