import API
import ArgumentParser
import Core
import SystemPackage
import Workers

/// `hark model`.
struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Show, list and check models.",
    discussion: """
      A model is one safetensors file: weights, front-end parameters and labels. Without a further \
      word it tells which model answers, and which one comes in to take over.

      EXAMPLES
        hark model
        hark model list
        hark model check hark-1.safetensors
      """,
    subcommands: [ModelInfoCommand.self, ModelListCommand.self, ModelCheckCommand.self],
    defaultSubcommand: ModelInfoCommand.self)
}

/// `hark model info`.
struct ModelInfoCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Show the models that the daemon works with.",
    discussion: """
      The active model answers queries; an incoming one takes over once every recording is \
      analysed with it. `hark model list` names those that are only kept.

      EXAMPLES
        hark model info
        hark model info --json | jq -r '.models[].name'
      """)

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let models = try await daemon.models().filter { $0.role != "kept" }
    var output = Output.standard()
    if json {
      try output.write(try WireJSON.encode(Wire.Models(models: models)))
      try output.line()
    } else {
      for (index, model) in models.enumerated() {
        if index > 0 { try output.line() }
        for line in ModelReport.lines(model, on: .standardOutput) { try output.line(line) }
      }
      if models.isEmpty { Output.note("hark: the daemon has no model yet") }
    }
    try output.flush()
  }
}

/// `hark model list`.
struct ModelListCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the models that the library knows, and the model files that are found.",
    discussion: """
      A kept model's embeddings are still there, so that going back to it takes no work. The files \
      are those in the places where harkd and `hark embed` look for a model when none is named. \
      With --json the answer is {"models": …, "files": …}.

      EXAMPLES
        hark model list
        hark model list --json | jq -r '.files[].path'
      """)

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  private struct Answer: Encodable {
    struct File: Encodable {
      var path: String
      var pathBase64: String?

      enum CodingKeys: String, CodingKey {
        case path
        case pathBase64 = "path_base64"
      }
    }

    var models: [Wire.Model]
    var files: [File]
  }

  func run() async throws {
    let status = try await daemon.status()
    let state = PathText(text: status.stateDirectory, base64: status.stateDirectoryBase64).path
    let files = ModelLocator(stateDirectory: state).files()
    var output = Output.standard()
    if json {
      let texts = files.map(PathText.init)
      let answer = Answer(
        models: status.models,
        files: texts.map { Answer.File(path: $0.text, pathBase64: $0.base64) })
      try output.write(try WireJSON.encode(answer))
      try output.line()
    } else {
      for line in ModelReport.table(status.models, on: .standardOutput) { try output.line(line) }
      if !status.models.isEmpty, !files.isEmpty { try output.line() }
      for file in files { try output.line(file.escaped) }
    }
    try output.flush()
  }
}

/// `hark model check`.
struct ModelCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a model file.",
    discussion: """
      Loads the file as the daemon would, in a worker of its own; needs no daemon and changes \
      nothing. A file that is damaged or does not fit together is refused with one line that names \
      the tensor or the key that is wrong, and the exit status is 65.

      EXAMPLES
        hark model check hark-1.safetensors && harkd --model hark-1.safetensors …
      """)

  @Argument(help: ArgumentHelp("A model file.", valueName: "file"))
  var file: PathArgument

  @Option(
    name: .long,
    help: ArgumentHelp("f32, bf16 or int8; by default the CPU decides.", valueName: "precision"))
  var precision: Precision?

  func run() async throws {
    let path = try ModelLocator(explicit: file.absolute()).find()
    let loaded = try await LocalWorkers.run(models: [path], precision: precision, count: 1) {
      try await $0.loadedModels().first
    }
    guard let loaded else { throw HarkError(.defect, "the worker has loaded no model") }
    var output = Output.standard()
    for line in ModelReport.lines(loaded, from: file.path, on: .standardOutput) {
      try output.line(line)
    }
    try output.flush()
  }
}
