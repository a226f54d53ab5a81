import Foundation

/// Models whose weights come from a formula, so that no file is needed: SplitMix64 started at a
/// seed for each tensor, `u(i)` uniform in [0, 1) in steps of 2⁻²⁴. The golden embeddings were
/// computed with the same formula by an independent implementation.
public enum FormulaModel {
  public static let metadata = [
    "format": "hark-model-1", "name": "formula", "architecture": "vggish",
    "front_end": """
    {"sample_rate":16000,"window":400,"hop":160,"fft":512,"bands":64,"lowest_frequency":125,\
    "highest_frequency":7500,"log_offset":0.01,"patch_frames":96,"patch_hop":96}
    """,
    "pooling": "mean", "labels": "[]", "licence": "CC0-1.0", "trained": "false",
  ]

  public static let convolutions = ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2"]

  /// `u(seed, i)` for i in 0 ..< count, as bytes of (2u - 1) · scale in float32.
  ///
  /// 71 million values are made in a debug build: hence the bare loop.
  public static func values(seed: UInt64, count: Int, scale: Double) -> Data {
    var data = Data(count: count * 4)
    data.withUnsafeMutableBytes { raw in
      guard let values = raw.assumingMemoryBound(to: Float.self).baseAddress else { return }
      var state = seed
      var index = 0
      while index < count {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z &>> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z &>> 31
        let u = Double(Int64(bitPattern: z &>> 40)) * 0x1p-24
        values[index] = Float((2 * u - 1) * scale)
        index += 1
      }
    }
    return data
  }

  /// The trunk, layer k's weights from the seed 1000 + 2k, its biases from 1001 + 2k.
  public static func trunk(widths: [Int] = [64, 128, 256, 256, 512, 512]) -> SafetensorsWriter {
    var writer = SafetensorsWriter()
    writer.metadata = metadata
    var inputs = 1
    for (k, (name, outputs)) in zip(convolutions, widths).enumerated() {
      add(name, k, [outputs, inputs, 3, 3], to: &writer)
      inputs = outputs
    }
    return writer
  }

  /// The original network, with fully connected layers of `dense` and 128 outputs.
  public static func vggish(
    widths: [Int] = [64, 128, 256, 256, 512, 512], dense: [Int] = [4096, 4096]
  ) -> SafetensorsWriter {
    var writer = trunk(widths: widths)
    var inputs = 24 * widths[5]
    for (k, (name, outputs)) in zip(["fc1_1", "fc1_2", "fc2"], dense + [128]).enumerated() {
      add(name, 6 + k, [outputs, inputs], to: &writer)
      inputs = outputs
    }
    return writer
  }

  /// Hark's head on the same trunk.
  public static func hark(widths: [Int] = [64, 128, 256, 256, 512, 512]) -> SafetensorsWriter {
    var writer = trunk(widths: widths)
    writer.metadata["architecture"] = "vggish-hark"
    add("embedding", 6, [128, 8 * widths[5]], to: &writer)
    return writer
  }

  private static func add(
    _ name: String, _ k: Int, _ shape: [Int], to writer: inout SafetensorsWriter
  ) {
    let fanIn = shape.dropFirst().reduce(1, *)
    let scale = (6 / Double(fanIn)).squareRoot()
    let seed = UInt64(1000 + 2 * k)
    writer.add(
      "\(name).weight", type: "F32", shape: shape,
      bytes: values(seed: seed, count: shape.reduce(1, *), scale: scale))
    writer.add(
      "\(name).bias", type: "F32", shape: [shape[0]],
      bytes: values(seed: seed + 1, count: shape[0], scale: 0.05))
  }
}
