import Core
import Foundation
import SystemPackage

/// The command line of the benchmarks, and the environment they take their programs from.
struct Options {
  static let explanation = """
    usage: bench [--quick | --full] [--only NAME]… [--write]
      --quick      fewer rounds, 1,000 recordings at rest, 10,000 to search
      --full       the worker's memory is measured on 10 hours of audio instead of one
      --hours N    … on N hours
      --only NAME  one of: \(Benchmark.allCases.map(\.rawValue).joined(separator: ", "))
      --write      put the table into Benchmarks/README.md
    What differs by a tenth or more from the table there is listed at the end.
    Environment: HARK_BUILT is where the programs lie (default: .build/release),
    HARK_MODEL the model file (default: the one in Models/).
    """

  var isQuick = false
  var isWriting = false
  var hours = 1.0
  var only: Set<Benchmark> = []
  /// The root of the source tree.
  let repository: FilePath
  /// Where `harkd` and `hark-worker` lie.
  let programs: FilePath
  let model: FilePath

  init(_ arguments: [String], environment: [String: String]) throws {
    // Benchmarks/Sources/bench/Options.swift
    var repository = FilePath(#filePath)
    for _ in 0..<4 { repository.removeLastComponent() }
    self.repository = repository
    func path(_ variable: String, _ usual: String) -> FilePath {
      guard let text = environment[variable], !text.isEmpty else {
        return repository.pushing(FilePath(usual))
      }
      return FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(text))
    }
    programs = path("HARK_BUILT", ".build/release")
    model = path("HARK_MODEL", try Self.shippedModel(in: repository))
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--quick": isQuick = true
      case "--full": hours = 10
      case "--write": isWriting = true
      case "--hours":
        guard let value = rest.popFirst().flatMap(Double.init), value > 0 else {
          throw Self.wrong("--hours wants a number above 0")
        }
        hours = value
      case "--only":
        guard let value = rest.popFirst().flatMap(Benchmark.init) else {
          throw Self.wrong("--only wants the name of a benchmark")
        }
        only.insert(value)
      default: throw Self.wrong("\(argument) is no option")
      }
    }
  }

  /// The one model of `Models/`, relative to the repository.
  private static func shippedModel(in repository: FilePath) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: repository.appending("Models").string)
    guard let name = names.first(where: { $0.hasSuffix(".safetensors") }) else {
      throw HarkError(.notFound, "Models/ holds no model", remedy: "name one with HARK_MODEL")
    }
    return "Models/\(name)"
  }

  func includes(_ benchmark: Benchmark) -> Bool { only.isEmpty || only.contains(benchmark) }

  private static func wrong(_ message: String) -> HarkError {
    HarkError(.invalidArgument, message, remedy: "see bench --help")
  }
}

/// What can be measured.
enum Benchmark: String, CaseIterable {
  /// What the machine does at best, and whether its cores are real.
  case machine
  /// A whole analysis against the sum of its stages.
  case analysis
  /// The daemon's memory and wake-ups while nothing happens.
  case rest
  /// From a file's close to its appearance in an answer.
  case appearance
  /// A query's round trip over the socket.
  case similar
  /// What such a query costs beyond the search itself.
  case roundtrip
  /// Such a query while all cores analyse.
  case busy
  /// The start of a daemon on a million recordings.
  case start
  /// `similar` while another user holds a thousand connections and means harm.
  case crowd
  /// A worker's memory on a long file.
  case worker
}
