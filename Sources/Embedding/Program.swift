import CDNNL
import Core

/// Lengths that every network here has.
enum NetworkShape {
  /// Frames and mel bands of a patch.
  static let patchFrames = 96
  static let patchBands = 64
  /// Frames and bands of the last map, after four halvings.
  static let lastMapFrames = 6
  static let lastMapBands = 4
  /// The most outputs that a layer may have: a bound against absurd files.
  static let widest = 65_536

  /// Values in a patch.
  static let patchSize = patchFrames * patchBands
}

/// A chain of layers that oneDNN has compiled for one batch shape: `CDNNL`'s program, owned.
///
/// One thread at a time. Nothing is compiled or allocated after ``finish()``.
final class Program {
  private let program: OpaquePointer
  /// Written before ``run()``; valid as long as the program.
  private(set) var input: UnsafeMutablePointer<Float>?
  /// Read after ``run()``; valid as long as the program.
  private(set) var output: UnsafePointer<Float>?

  /// A program for `batch` inputs of `channels` × `height` × `width` floats.
  init(batch: Int, channels: Int, height: Int = 1, width: Int = 1) throws(HarkError) {
    guard
      let program = hark_program_create(
        Int32(batch), Int32(channels), Int32(height), Int32(width))
    else { throw HarkError(.system, "oneDNN cannot start", cause: "out of memory") }
    self.program = program
  }

  deinit { hark_program_destroy(program) }

  /// How a layer computes and what it hands on.
  struct Mode {
    var arithmetic = HARK_F32
    var hasReLU = true
    /// The largest output; 0 for no such bound.
    var ceiling: Float = 0
    var output = HARK_F32
    var outputScale: Float = 0
  }

  func addConvolution(_ layer: LayerWeights, _ mode: Mode) throws(HarkError) {
    try add(layer, mode, hark_program_add_convolution)
  }

  func addDense(_ layer: LayerWeights, _ mode: Mode) throws(HarkError) {
    try add(layer, mode, hark_program_add_dense)
  }

  func addMaxPool() throws(HarkError) {
    try check(hark_program_add_max_pool(program), "a maximum")
  }

  /// Stores running values as codes for the 8-bit layers that follow: value = `scale` · code.
  func addQuantise(scale: Float) throws(HarkError) {
    try check(hark_program_add_quantise(program, scale), "a quantisation")
  }

  /// Ends the chain; channels come last in the output.
  func finish() throws(HarkError) {
    try check(hark_program_finish(program), "the network's memory")
    input = hark_program_input(program)
    output = hark_program_output(program)
  }

  /// Bytes that the program holds.
  var memory: Int { hark_program_memory(program) }

  func run() throws(HarkError) {
    let status = hark_program_run(program)
    guard status == 0 else {
      throw HarkError(
        .system, "the network failed", cause: String(cString: hark_status_text(status)))
    }
  }

  private func add(
    _ layer: LayerWeights, _ mode: Mode,
    _ function: (OpaquePointer?, UnsafePointer<hark_layer>?) -> hark_status
  ) throws(HarkError) {
    var description = hark_layer()
    description.inputs = Int32(layer.inputs)
    description.outputs = Int32(layer.outputs)
    description.arithmetic = mode.arithmetic
    description.relu = mode.hasReLU
    description.ceiling = mode.ceiling
    description.output = mode.output
    description.output_scale = mode.outputScale
    let status = layer.bias.withUnsafeBufferPointer { bias in
      description.bias = bias.baseAddress
      guard mode.arithmetic != HARK_INT8 else {
        let (codes, scales) = layer.codes()
        return codes.withUnsafeBufferPointer { codes in
          scales.withUnsafeBufferPointer { scales in
            description.weights = UnsafeRawPointer(codes.baseAddress)
            description.weight_scales = scales.baseAddress
            return function(program, &description)
          }
        }
      }
      // Floats are read where they lie: the original's first dense layer has 200 MB of them.
      if layer.weight.element == .f32 {
        description.weights = layer.weight.bytes.baseAddress
        return function(program, &description)
      }
      return layer.floats().withUnsafeBufferPointer { weights in
        description.weights = UnsafeRawPointer(weights.baseAddress)
        return function(program, &description)
      }
    }
    try check(status, layer.name)
  }

  private func check(_ status: hark_status, _ what: String) throws(HarkError) {
    guard status != 0 else { return }
    throw HarkError(
      .unsupported, "oneDNN \(Self.version) cannot build \(what)",
      remedy: "choose another precision",
      cause: String(cString: hark_status_text(status)))
  }

  /// The loaded oneDNN's version, such as `2.6.3`.
  static var version: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
      guard let start = text.baseAddress else { return "" }
      hark_onednn_version(start, text.count)
      return String(cString: start)
    }
  }
}
