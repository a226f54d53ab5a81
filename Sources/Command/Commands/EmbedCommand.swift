import ArgumentParser
import Core
import SystemPackage
import Workers

extension Precision: ExpressibleByArgument {}

/// `hark embed`.
struct EmbedCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Write files' embeddings as a NumPy array.",
    discussion: """
      Starts workers of its own and needs no daemon. The array is float32 of shape (rows, 128), \
      rows in the order of the files: with --pooled one normalised embedding a file, otherwise \
      the segments of each file, one for every 0.96 s, as a library stores them (8-bit codes, \
      dequantised). --index says which rows belong to which file.

      A file that cannot be analysed ends the command, and nothing is written. With --skip-failed \
      it is named on standard error and has no row, everything else is written, and the exit \
      status is 65 all the same.

      EXAMPLES
        hark embed *.flac --pooled --output songs.npy
        hark embed mix.ogg --output mix.npy --index mix.csv
        python3 -c 'import numpy as n; e = n.load("songs.npy"); print((e @ e.T).round(3))'
      """)

  @Argument(help: ArgumentHelp("Audio files.", valueName: "file"))
  var files: [PathArgument]

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The array to write; replaced when it is there.", valueName: "out.npy"))
  var output: PathArgument

  @Flag(name: .long, help: "One row a file: its pooled embedding.")
  var pooled = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Also write a CSV table: file, first_row, rows, recording, duration.", valueName: "out.csv"))
  var index: PathArgument?

  @Flag(name: .long, help: "Go on without the files that cannot be analysed.")
  var skipFailed = false

  @Option(
    name: .long, help: ArgumentHelp("Weights; the installed model by default.", valueName: "file"))
  var model: PathArgument?

  @Option(
    name: .long,
    help: ArgumentHelp("f32, bf16 or int8; by default the CPU decides.", valueName: "precision"))
  var precision: Precision?

  @Option(
    name: .long, help: ArgumentHelp("Worker processes; one a core by default.", valueName: "n"))
  var workers: Int?

  func validate() throws {
    if let workers, !(1...1024).contains(workers) {
      throw ValidationError("--workers takes 1 to 1024.")
    }
    if let index, index.absolute() == output.absolute() {
      throw ValidationError("--index and --output name the same file.")
    }
  }

  func run() async throws {
    if !skipFailed { for file in files { try InputFile.check(file.path) } }
    try checkOutputs()
    let count = min(files.count, workers ?? WorkerPoolConfiguration.coreCount)
    let failures = try await LocalWorkers.run(
      models: [try ModelLocator(explicit: model?.absolute()).find()], precision: precision,
      count: count
    ) { pool in
      try await embed(EmbeddingBatch(pool: pool, paths: files.map(\.path), width: count * 2))
    }
    if failures > 0 { throw EndedWith(.badInput) }
  }

  /// Learns before the work, not after it, that the results have no place to go.
  private func checkOutputs() throws(EndedWith) {
    for path in [output, index].compactMap({ $0?.path }) {
      do throws(HarkError) {
        _ = try AtomicFile(path)
      } catch {
        Output.note("hark: \(error.description)")
        throw EndedWith(error.code == .permissionDenied ? .permissionDenied : .cannotCreate)
      }
    }
  }

  /// Returns how many files failed.
  private func embed(_ batch: EmbeddingBatch) async throws -> Int {
    let model = try await batch.loadedModel()
    if !model.isTrained { Output.note("hark: note: \(StatusReport.untrained)") }
    guard let id = ModelID(model.id) else {
      throw HarkError(.defect, "the worker's model has no valid id: \(model.id)")
    }
    var rows = try EmbeddingRows(output: output.path, index: index?.path, pooled: pooled)
    var bar = ProgressBar()
    defer { bar.clear() }
    let clock = ContinuousClock()
    let start = clock.now
    var done = 0
    var failures = 0
    bar.show("loading the model")
    try await batch.run(model: id) { path, outcome throws(HarkError) in
      done += 1
      switch outcome {
      case .success(let analysis): try rows.append(analysis, of: path)
      case .failure(let error):
        guard skipFailed else { throw error }
        bar.clear()
        Output.note("hark: \(error.description)")
        failures += 1
      }
      bar.show("embedding", done: done, total: files.count, at: (clock.now - start).seconds)
    }
    try rows.finish()
    return failures
  }
}
