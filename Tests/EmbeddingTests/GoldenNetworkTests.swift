import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("The network against golden values")
struct GoldenNetworkTests {
  @Test("The formula is the one the golden values were made with")
  func formula() {
    let values = FormulaModel.values(seed: 1000, count: 4, scale: 1).withUnsafeBytes {
      $0.bindMemory(to: Float.self).map { ($0 + 1) / 2 }
    }
    for (value, expected) in zip(values, [0.23484385, 0.81437093, 0.7734133, 0.30982733]) {
      #expect(abs(value - Float(expected)) < 1e-6)
    }
  }

  @Test("The original network at f32 equals an independent implementation within 1e-3")
  func originalNetwork() throws {
    let directory = try TemporaryDirectory()
    let url = directory("formula.safetensors")
    try FormulaModel.vggish().write(to: url)
    let model = try ModelFile(path: FilePath(url.path))
    #expect(model.architecture == .vggish)

    let patches = try Golden.array("signal_16k.patches.npy")
    let expected = try Golden.array("vggish_formula_weights.embedding.npy")
    let expectedMean = try Golden.array("vggish_formula_weights.trunk_mean.npy")
    let count = patches.shape[0]
    let embedder = try Embedder(model: model, precision: .f32)
    #expect(embedder.precision == .f32)

    var embeddings = [Float](repeating: .nan, count: count * 128)
    try patches.values.withUnsafeBufferPointer { patches in
      try embeddings.withUnsafeMutableBufferPointer {
        try embedder.embed(patches, count: count, into: $0)
      }
    }
    for patch in 0..<count {
      let row = patch * 128..<(patch + 1) * 128
      #expect(relativeError(embeddings[row], expected.values[row]) < 1e-3)
    }

    for patch in 0..<count {
      let mean = try patches.values.withUnsafeBufferPointer { values in
        let start = try #require(values.baseAddress) + patch * NetworkShape.patchSize
        let map = try embedder.lastMaps(start, count: 1)
        return (0..<512).map { channel in
          (0..<24).map { map[$0 * 512 + channel] }.reduce(0, +) / 24
        }
      }
      #expect(
        relativeError(mean[...], expectedMean.values[patch * 512..<(patch + 1) * 512]) < 1e-3)
    }
  }
}

/// Largest difference over the largest expected magnitude.
func relativeError(_ values: ArraySlice<Float>, _ expected: ArraySlice<Float>) -> Float {
  let largest = expected.map(abs).max() ?? 0
  return zip(values, expected).map { abs($0 - $1) }.max().map { $0 / largest } ?? .infinity
}

/// Dot product over the product of lengths, in double precision.
func cosine(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Double {
  var dot = 0.0
  var squareA = 0.0
  var squareB = 0.0
  for (x, y) in zip(a, b) {
    dot += Double(x) * Double(y)
    squareA += Double(x) * Double(x)
    squareB += Double(y) * Double(y)
  }
  return dot / (squareA * squareB).squareRoot()
}
