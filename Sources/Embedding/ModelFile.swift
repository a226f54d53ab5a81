// The model file
// ==============
// One safetensors file (`Safetensors.swift`). Its SHA-256 is the model's identity.
//
// Metadata, all strings:
//   format          "hark-model-1"
//   name            a short name, such as "hark-1"
//   architecture    "vggish" or "vggish-hark" (below)
//   front_end       JSON object: sample_rate, window, hop, fft, bands, lowest_frequency,
//                   highest_frequency, log_offset, patch_frames, patch_hop
//   pooling         how segments make a recording's embedding: "mean" or "loudness"
//   postprocessing  optional: "none", or for "vggish" also "pca" or "pca-8bit"
//   labels          JSON array of strings, one for each row of tags.weight; "[]" without a tag head
//   licence         licence of the weights
//   trained         "true" or "false"
//   training        free text or JSON: what it was trained on; not read
//   hashes          JSON object, each tensor's name and the SHA-256 of its bytes (64 hexadecimal
//                   digits), for every tensor; optional unless trained is "true"
//   metadata_hash   optional: SHA-256 (64 hexadecimal digits) of all the other metadata, keys that
//                   are ignored included: in the order of the keys' UTF-8 bytes, each key, a zero
//                   byte, its value and a zero byte
// Other keys are ignored.
//
// Tensors, type F32, F16, BF16 or I8; I8 weights come with NAME.weight_scale, F32 [out], and stand
// for scale · code.
//   conv1, conv2, conv3_1, conv3_2, conv4_1, conv4_2: .weight [out, in, 3, 3] and .bias [out]
//   CONV.activation_limit [1]: what 8-bit inference takes as the largest value after that layer's
//     ReLU, from calibration; for all convolutions but conv4_2, or for none
// The input is one channel of 96 frames × 64 bands. Convolutions pad with zeros and are followed by
// ReLU; 2 × 2 maxima follow conv1, conv2, conv3_2 and conv4_2. The last map is 6 (time) × 4 (mel) ×
// C (channels). Widths are whatever the shapes say, as long as they fit together.
//
// "vggish", the original's head: the map flattened in the order time, mel, channel, then
//   fc1_1, fc1_2 with ReLU and fc2 without: .weight [out, in] and .bias [out]; fc2 gives 128.
//   pca.matrix [128, 128] and pca.means [128], with postprocessing "pca": matrix · (x - means);
//   "pca-8bit" also clips to ±2 and rounds as the original's 8-bit codes do, floor((x + 2) ·
//   255 / 4), given back as code · 4 / 255 - 2.
// "vggish-hark", Hark's head: for each mel row and channel the mean over time, and the maximum over
//   time, each flattened in the order mel, channel, the means first; 2 · 4 · C numbers; then
//   embedding.weight [128, 2 · 4 · C] and embedding.bias [128], and the result scaled to length 1.
//
// tags.weight [labels, 128] and tags.bias [labels]: optional; a tag's score is the logistic function
// of its row's dot product with the L2-normalised embedding, plus its bias.
// A tensor of any other name is refused.

import Core
import Crypto
import SystemPackage

/// How a recording's segments become one embedding.
public enum Pooling: String, Sendable {
  /// The arithmetic mean, then scaled to length 1.
  case mean
  /// The mean weighted by each patch's loudness (``Pooler``), then scaled to length 1: the pause
  /// after a dog's bark says nothing of the dog.
  case loudness
}

/// The shape of a network after its VGGish trunk.
public enum Architecture: String, Sendable {
  /// The original's three fully connected layers.
  case vggish
  /// Mean and maximum over time of the last map, one linear layer, length 1.
  case vggishHark = "vggish-hark"
}

/// What follows the original's last layer.
enum Postprocessing: String {
  case none
  case pca
  case pca8bit = "pca-8bit"
}

/// A model that has been read and checked: everything but the arithmetic.
public struct ModelFile: Sendable {
  /// SHA-256 of the file.
  public let id: ModelID
  /// What the file says about itself.
  public let info: ModelInfo
  public let architecture: Architecture
  public let frontEnd: FrontEnd
  public let pooling: Pooling
  /// Whether the file holds the activation limits that 8-bit inference needs.
  public let isCalibrated: Bool

  /// Where it was read, for errors.
  let path: FilePath
  let postprocessing: Postprocessing
  let weights: ModelWeights

  /// Reads and checks a model file. Complexity: O(size), for the hash and the check for numbers.
  ///
  /// Throws ``HarkError``: `corrupt` for a file that is damaged or does not fit together (the cause
  /// names the tensor or key), `newerVersion`, `unsupported` for another architecture, front end or
  /// pooling, or what the system says about the path.
  public init(path: FilePath) throws(HarkError) {
    self.path = path
    let file = try Safetensors(path: path)
    let metadata = ModelMetadata(file: file, path: path)
    try metadata.checkFormat()
    architecture = try metadata.choice("architecture", Architecture.self)
    frontEnd = try metadata.frontEnd()
    pooling = try metadata.choice("pooling", Pooling.self)
    postprocessing = try metadata.choice(
      "postprocessing", Postprocessing.self, otherwise: Postprocessing.none)
    let labels = try metadata.labels()
    weights = try ModelWeights(
      file: file, architecture: architecture, postprocessing: postprocessing, labels: labels.count)
    isCalibrated = weights.isCalibrated
    let isTrained = try metadata.flag("trained")
    // Last: what the checks before them say is more to the point.
    try file.checkHashes(areRequired: isTrained)
    try file.checkMetadataHash()

    var hash = SHA256()
    hash.update(bufferPointer: file.file.bytes)
    guard let digest = ContentHash(bytes: Array(hash.finalize())) else {
      throw HarkError(.defect, "SHA-256 gave another length than 32")
    }
    id = ModelID(digest)
    info = ModelInfo(
      id: id, name: try metadata.text("name"), architecture: architecture.rawValue,
      isTrained: isTrained, licence: try metadata.text("licence"),
      labels: labels)
  }
}
