import Core

/// Runs a model: log-mel patches in, segments' embeddings out, on the calling thread alone.
///
/// Everything is compiled, allocated and touched once when it is made, for one batch shape that
/// shorter input is padded to, so a patch's embedding does not depend on what stands beside it, and
/// nothing new is needed later: no thread, no executable memory, no file. Not for use by two
/// threads at a time.
public final class Embedder {
  /// Patches that the network takes at once; more are taken in turn.
  ///
  /// Measured on one Zen 3 core, the trunk's speed is the same from 1 to 32 patches within what the
  /// machine lets one tell, while memory grows by 2 MB a patch. The original's head reads 266 MB of
  /// weights for each batch, and takes larger ones.
  public let batchSize: Int
  /// The precision that was asked for, or picked.
  public let precision: Precision

  private let trunk: Program
  private let head: Head

  /// Builds the network.
  ///
  /// - Parameter precision: `nil` picks by processor and model (``PrecisionSupport``).
  ///
  /// Throws ``HarkError``: `unsupported` if the processor cannot run `precision`, or if it is `int8`
  /// and the model is not calibrated; `corrupt` if the network gives a sound no embedding.
  public convenience init(model: ModelFile, precision: Precision? = nil) throws(HarkError) {
    try self.init(
      model: model, precision: precision, batchSize: model.architecture == .vggish ? 16 : 4)
  }

  init(
    model: ModelFile, precision wanted: Precision?, batchSize: Int,
    support: PrecisionSupport = .current
  ) throws(HarkError) {
    let precision = wanted ?? support.preferred(isCalibrated: model.isCalibrated)
    try support.require(precision)
    guard precision != .int8 || model.isCalibrated else {
      throw HarkError(
        .unsupported, "the model \(model.info.name) cannot run at int8",
        remedy: "choose another precision, or convert the model again with calibration",
        cause: "it has no activation limits")
    }
    self.batchSize = batchSize
    self.precision = precision
    trunk = try .trunk(
      model.weights, precision: precision, batch: batchSize, largestCode: support.largestCode)
    head = try Head(model, batch: batchSize)
    // What oneDNN does lazily on a first run happens now.
    try checkThatItSpeaks(model)
  }

  /// Embeds one patch that is not silent. A network whose last layer is nothing but zeros, or whose
  /// numbers run past all bounds, fits together and yet says nothing of any sound.
  private func checkThatItSpeaks(_ model: ModelFile) throws(HarkError) {
    // A slope over time and bands, from log-mel's floor to a loud band.
    let patch = (0..<NetworkShape.patchSize).map { index in
      let frame = index / NetworkShape.patchBands
      return -4.5 + Float(frame + index % NetworkShape.patchBands) / 20
    }
    var embedding = [Float](repeating: 0, count: Embedding.dimension)
    try head.run(lastMaps(patch, count: 1), count: 1, into: &embedding)
    let isFinite = embedding.allSatisfy(\.isFinite)
    guard isFinite, embedding.contains(where: { $0 != 0 }) else {
      let what = isFinite ? "nothing but zeros" : "numbers that are not finite"
      let layer = model.weights.dense[model.weights.dense.count - 1].name
      throw HarkError(
        .corrupt, "cannot use the model \(model.path.escaped)", remedy: "fetch or convert it again",
        cause: "it makes \(what) of a sound: the tensor \(layer).weight, or one before it, is bad")
    }
  }

  /// Bytes of weights, activations and scratch space.
  public var memory: Int { trunk.memory + head.memory }

  /// Embeds `count` patches.
  ///
  /// - Parameters:
  ///   - patches: `count` · 96 · 64 log-mel values, frame by frame.
  ///   - embeddings: room for `count` · 128 floats.
  public func embed(
    _ patches: UnsafeBufferPointer<Float>, count: Int,
    into embeddings: UnsafeMutableBufferPointer<Float>
  ) throws(HarkError) {
    precondition(count >= 0 && patches.count >= count * NetworkShape.patchSize)
    precondition(embeddings.count >= count * Embedding.dimension)
    guard let patches = patches.baseAddress, let embeddings = embeddings.baseAddress else { return }
    var first = 0
    while first < count {
      let taken = min(batchSize, count - first)
      let maps = try lastMaps(patches + first * NetworkShape.patchSize, count: taken)
      try head.run(maps, count: taken, into: embeddings + first * Embedding.dimension)
      first += taken
    }
  }

  /// The trunk's last maps for at most a batch of patches, 6 × 4 × C each; valid until the next
  /// call.
  func lastMaps(
    _ patches: UnsafePointer<Float>, count: Int
  ) throws(HarkError) -> UnsafePointer<Float> {
    guard let input = trunk.input, let output = trunk.output else {
      throw HarkError(.defect, "the network was used before it was finished")
    }
    let size = NetworkShape.patchSize
    input.update(from: patches, count: count * size)
    (input + count * size).update(repeating: 0, count: (batchSize - count) * size)
    try trunk.run()
    return output
  }
}
