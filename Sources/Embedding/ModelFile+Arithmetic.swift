extension ModelFile {
  /// Multiplications, each with an addition, for one patch: of the convolutions and dense layers
  /// alone, beside which the rest does not count. Complexity: O(layers).
  public var multiplicationsPerPatch: Int {
    var (frames, bands) = (NetworkShape.patchFrames, NetworkShape.patchBands)
    var count = 0
    for (layer, pools) in zip(weights.convolutions, ModelWeights.poolsAfter) {
      count += frames * bands * layer.weight.count
      guard pools else { continue }
      frames /= 2
      bands /= 2
    }
    return weights.dense.reduce(count) { $0 + $1.weight.count }
  }
}
