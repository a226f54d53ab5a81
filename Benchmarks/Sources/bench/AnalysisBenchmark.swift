import Audio
import Core
import Embedding
import Features
import Foundation
import Pipeline
import SystemPackage

/// A whole analysis of a 4-minute song on one core against the sum of its stages, each run alone.
///
/// All in one process and in turn, round after round, so that whatever else the machine does meets
/// all alike. Times are the thread's own processor time; medians over the rounds.
struct AnalysisBenchmark {
  private static let seconds = 240.0
  private static let goal = 1.3

  let options: Options

  func run() throws -> Report {
    let workplace = try Workplace()
    defer { workplace.remove() }
    let song = workplace.path.appending("song.flac")
    try Song(seconds: Self.seconds, seed: 1).write(.flac, to: song)
    return try onOneCore { try measure(song) }
  }

  private func measure(_ song: FilePath) throws -> Report {
    let model = try ModelFile(path: options.model)
    let precisions = Precision.allCases.filter {
      PrecisionSupport.current.supported.contains($0) && ($0 != .int8 || model.isCalibrated)
    }
    var networks: [Network] = []
    for precision in precisions { networks.append(try Network(options.model, model, precision)) }
    let stages = try Stages(song)
    let rounds = options.isQuick ? 3 : 7
    for round in 1...rounds {
      tell("analysis: round \(round) of \(rounds)")
      try stages.runAll()
      for network in networks { try network.run(song, stages.patches) }
    }
    return report(stages, networks, rounds: rounds)
  }

  private func report(_ stages: Stages, _ networks: [Network], rounds: Int) -> Report {
    var report = Report()
    let front = Stages.Name.summed.map { Statistics.median(stages.times($0)) }.reduce(0, +)
    for network in networks {
      let whole = Statistics.median(network.whole.map(\.processor))
      let wall = Statistics.median(network.whole.map(\.wall))
      let trunk = Statistics.median(network.alone.map(\.processor))
      let name = network.precision.rawValue
      var row = Row(
        "4-minute FLAC, one core, \(name): whole analysis / sum of its stages",
        whole / (front + trunk), "×", goal: Self.goal)
      row.value += " (\(Row.text(whole, 2, "s")) / \(Row.text(front + trunk, 2, "s")))"
      report.rows.append(row)
      report.rows.append(Row("— network alone, \(name)", Row.text(trunk, 2, "s")))
      if let share = network.share(seconds: trunk) {
        report.rows.append(
          Row("— its share of the core's arithmetic, \(name)", Row.text(100 * share, 0, "%")))
      }
      report.rows.append(
        Row("— speed, \(name)", Row.text(Self.seconds / whole, 0, "× real time")))
      report.notes.append(
        "analysis, \(name): \(Row.text(wall, 2, "s")) by the wall clock, which other programs on "
          + "the core stretch.")
    }
    for stage in Stages.Name.allCases {
      let value = Row.text(Statistics.median(stages.times(stage)) * 1e3, 0, "ms")
      report.rows.append(Row("— \(stage.rawValue) alone", value))
    }
    report.notes.insert(
      "analysis: a synthesised 4-minute stereo 44.1 kHz 16-bit FLAC through "
        + "`\(options.model.lastComponent?.string ?? "")`; medians of \(rounds) interleaved rounds "
        + "of processor time, bound to one core. The sum is decode + hash + downmix and resample + "
        + "log-mel + network; the level meter is part of the whole and not of the sum.", at: 0)
    return report
  }
}

/// A network at one precision: within a whole analysis, and alone.
private final class Network {
  let precision: Precision
  private(set) var whole: [Clock] = []
  private(set) var alone: [Clock] = []
  private let analyser: Analyser
  private let embedder: Embedder
  private let request: AnalysisRequest
  private let multiplicationsPerPatch: Int
  private var patches = 0

  init(_ path: FilePath, _ model: ModelFile, _ precision: Precision) throws {
    self.precision = precision
    analyser = try Analyser(models: [path], precision: precision)
    embedder = try Embedder(model: model, precision: precision)
    request = AnalysisRequest(models: [model.id])
    multiplicationsPerPatch = model.multiplicationsPerPatch
  }

  /// Of what the processor can do at best, what the network alone did; `nil` where that is not known.
  func share(seconds: Double) -> Double? {
    let peak =
      switch precision {
      case .f32: Limits.current.floats
      case .int8: Limits.current.bytes
      case .bf16: 0.0
      }
    guard peak > 0 else { return nil }
    return 2 * Double(multiplicationsPerPatch * patches) / seconds / peak
  }

  func run(_ song: FilePath, _ patches: [Float]) throws {
    let file = try FileDescriptor.open(song, .readOnly)
    defer { try? file.close() }
    let start = Clock.now()
    let analysis = try analyser.analyse(descriptor: file.rawValue, request: request) { _ in }
    whole.append(Clock.now() - start)
    let count = patches.count / Features.FrontEnd.patchSize
    guard analysis.embeddings.first?.segments.count == count else {
      throw HarkError(.defect, "the stages alone made \(count) patches, the analysis others")
    }
    self.patches = count
    var embeddings = [Float](repeating: 0, count: count * Core.Embedding.dimension)
    let begin = Clock.now()
    try patches.withUnsafeBufferPointer { patches in
      try embeddings.withUnsafeMutableBufferPointer { target in
        try embedder.embed(patches, count: count, into: target)
      }
    }
    alone.append(Clock.now() - begin)
  }
}
