import Core
import Foundation
import TestSupport
import Testing

/// Every fuzz target takes its corpus in, and mutations of it that are the same each time.
@Suite struct FuzzTests {
  /// Inputs that are tried besides the corpus; a few seconds each, without optimisation.
  private static let mutations: [String: Int] = [
    "frames": 250, "index": 60, "landmarks": 6, "model": 600, "audio": 100,
    "settings": 400, "http": 150, "answers": 400, "backup": 400,
  ]

  @Test(arguments: RoomTargets.all.map { $0.name })
  func roomsTakeAnything(name: String) async throws {
    try await Self.run(RoomTargets.all, name)
  }

  @Test(arguments: ServiceTargets.all.map { $0.name })
  func servicesTakeAnything(name: String) async throws {
    try await Self.run(ServiceTargets.all, name)
  }

  private static func run(_ targets: [any FuzzTarget.Type], _ name: String) async throws {
    let type = try #require(targets.first { $0.name == name })
    let corpus = try Corpus.inputs(of: type)
    #expect(!corpus.isEmpty, "\(name) begins with nothing")
    // What a trap leaves over is the input that caused it.
    let last = FileManager.default.temporaryDirectory.appendingPathComponent("hark-fuzz-\(name)")
    let tried = try await onThread {
      let target = try type.init()
      var mutator = Mutator(seed: 1, from: corpus)
      let mutations = (0..<(mutations[name] ?? 0)).lazy.map { _ in mutator.next() }
      var tried = 0
      for inputs in [AnySequence(corpus), AnySequence(mutations)] {
        for input in inputs {
          try Data(input).write(to: last)
          target.take(input)
          tried += 1
        }
      }
      try FileManager.default.removeItem(at: last)
      return tried
    }
    Figures.report("inputs of \(name)", tried)
  }

  /// Targets block, which none of Swift's few threads may.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread { continuation.resume(with: Result { try body() }) }
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}

/// The inputs in git.
enum Corpus {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Corpus")

  /// The corpus of a target, and what its own code makes.
  static func inputs(of type: any FuzzTarget.Type) throws -> [[UInt8]] {
    let folder = directory.appendingPathComponent(type.name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let files = try names.sorted().map { name in
      [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
    return try type.seeds() + files
  }
}
