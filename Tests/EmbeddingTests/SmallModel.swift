import Core
import Foundation
import SystemPackage
import TestSupport

@testable import Embedding

/// A narrow model with Hark's head that a test may change before it is written and read.
struct SmallModel {
  static let widths = [4, 6, 8, 8, 10, 12]

  let directory: TemporaryDirectory
  var writer: SafetensorsWriter

  init() throws {
    directory = try TemporaryDirectory()
    writer = FormulaModel.hark(widths: Self.widths)
  }

  var url: URL { directory("small.safetensors") }

  func read() throws -> ModelFile {
    try writer.write(to: url)
    return try ModelFile(path: FilePath(url.path))
  }

  /// The whole error line of a model that must not load.
  func refusal() throws -> String {
    try writer.write(to: url)
    return try Self.refusal(of: url)
  }

  static func refusal(of url: URL) throws -> String {
    do {
      _ = try ModelFile(path: FilePath(url.path))
      return "it was accepted"
    } catch { return error.description }
  }
}

/// The model that is shipped.
enum ShippedModel {
  static let path = FilePath(Golden.shippedModel.path)
}

extension Embedder {
  /// Embeds an array of patches.
  func embed(_ patches: [Float]) throws -> [[Float]] {
    let count = patches.count / NetworkShape.patchSize
    var values = [Float](repeating: .nan, count: count * Embedding.dimension)
    try patches.withUnsafeBufferPointer { patches in
      try values.withUnsafeMutableBufferPointer {
        try embed(patches, count: count, into: $0)
      }
    }
    return (0..<count).map {
      Array(values[$0 * Embedding.dimension..<($0 + 1) * Embedding.dimension])
    }
  }
}

/// Patches as unlike each other as log-mel pictures can be: the golden signal, silence, the loudest
/// noise, single bands, single frames, slopes in time and frequency.
func variedPatches(seed: UInt64 = 1) throws -> [Float] {
  var generator = SplitMix64(seed: seed)
  let floor = Float(log(0.01))
  var patches = try Golden.array("signal_16k.patches.npy").values
  func append(_ value: (_ frame: Int, _ band: Int) -> Float) {
    for frame in 0..<96 {
      for band in 0..<64 { patches.append(value(frame, band)) }
    }
  }
  append { _, _ in floor }
  append { _, _ in 5 }
  append { _, band in band == 20 ? 4 : floor }
  append { frame, _ in frame % 24 == 0 ? 3 : floor }
  append { frame, band in floor + Float(frame + band) / 20 }
  append { _, band in 2 - Float(band) / 12 }
  for _ in 0..<6 {
    let noise = (0..<96 * 64).map { _ in generator.unit() }
    let level = generator.unit() * 6 - 3
    append { frame, band in max(floor, level + noise[frame * 64 + band] * 3 - Float(band) / 30) }
  }
  return patches
}
