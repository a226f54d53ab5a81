import Core
import Embedding
import Features
import Foundation
import SystemPackage

/// network MODEL PATCHES PRECISION [EMBEDDINGS]: embeds the log-mel patches in a file (32-bit floats, 96 × 64 each), all of
/// them once for each line on standard input, and answers each with one JSON object: how long it took. The first
/// answer comes by itself, with nothing but how many patches there are. EMBEDDINGS gets 128 floats a patch, before each answer.
///
/// `Benchmarks/network/peers.py` makes the patches and asks other programs the same in turn.
@main enum Main {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count >= 4, let precision = Precision(rawValue: words[3]) else {
      fatalError("network MODEL PATCHES PRECISION [EMBEDDINGS]")
    }
    let patches = try Data(contentsOf: URL(filePath: words[2])).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    let count = patches.count / Features.FrontEnd.patchSize
    let embedder = try Embedder(model: ModelFile(path: FilePath(words[1])), precision: precision)
    var embeddings = [Float](repeating: 0, count: count * Core.Embedding.dimension)
    try write(Answer(patches: count))
    while readLine() != nil {
      let clock = ContinuousClock()
      let (begin, busy) = (clock.now, processMilliseconds)
      try patches.withUnsafeBufferPointer { patches in
        try embeddings.withUnsafeMutableBufferPointer {
          try embedder.embed(patches, count: count, into: $0)
        }
      }
      let answer = Answer(
        milliseconds: [(clock.now - begin) / .milliseconds(1)],
        busy: [processMilliseconds - busy])
      if words.count > 4 {
        try embeddings.withUnsafeBytes { try Data($0).write(to: URL(filePath: words[4])) }
      }
      try write(answer)
    }
  }

  private static func write(_ answer: Answer) throws {
    FileHandle.standardOutput.write(try JSONEncoder().encode(answer) + Data("\n".utf8))
  }

  private static var processMilliseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
  }
}

/// What the adapter reads.
private struct Answer: Encodable {
  var patches: Int?
  /// By the wall clock, and what the process had of the processors.
  var milliseconds: [Double] = []
  var busy: [Double] = []
}
