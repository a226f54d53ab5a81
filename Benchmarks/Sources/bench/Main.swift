import Core
import Foundation
import Glibc

/// The program `bench`: measures what is asked for and prints one Markdown table.
@main
enum Main {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.contains("--help") {
      print(Options.explanation)
      return
    }
    do {
      let options = try Options(arguments, environment: ProcessInfo.processInfo.environment)
      let machine = Machine.current()
      let (report, isComplete) = await measure(options)
      let table = report.markdown(machine)
      print(table, terminator: "")
      let file = options.repository.pushing("Benchmarks/README.md").string
      print(try Baseline(file: file).comparison(with: report, on: machine), terminator: "")
      if options.isWriting { try Report.write(table, to: file) }
      exit(isComplete ? ExitStatus.success.rawValue : ExitStatus.defect.rawValue)
    } catch {
      tell("\(error)")
      let status = (error as? HarkError)?.code.exitStatus ?? .defect
      exit(status.rawValue)
    }
  }

  /// One benchmark that fails does not take the others' figures away.
  private static func measure(_ options: Options) async -> (Report, isComplete: Bool) {
    var report = Report()
    var isComplete = true
    for benchmark in Benchmark.allCases where options.includes(benchmark) {
      tell("\(benchmark.rawValue) …")
      do {
        report.add(try await run(benchmark, options))
      } catch {
        isComplete = false
        tell("\(benchmark.rawValue) failed: \(error)")
        report.rows.append(Row(benchmark.rawValue, "failed"))
        report.notes.append("\(benchmark.rawValue) failed: \(error)")
      }
    }
    return (report, isComplete)
  }

  private static func run(_ benchmark: Benchmark, _ options: Options) async throws -> Report {
    switch benchmark {
    case .machine: Limits.current.report
    case .analysis: try AnalysisBenchmark(options: options).run()
    case .rest: try await RestBenchmark(options: options).run()
    case .appearance: try AppearanceBenchmark(options: options).run()
    case .similar: try await SimilarBenchmark(options: options).run()
    case .roundtrip: try await RoundTripBenchmark(options: options).run()
    case .busy: try await BusyBenchmark(options: options).run()
    case .start: try await StartBenchmark(options: options).run()
    case .crowd: try await CrowdBenchmark(options: options).run()
    case .worker: try WorkerBenchmark(options: options).run()
    }
  }
}
