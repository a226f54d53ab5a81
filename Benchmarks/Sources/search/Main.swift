import Core
import Foundation
import VectorIndex

/// search FOLDER [SEGMENTS]: opens an index of the vectors in the folder, which `Benchmarks/search/peers.py` makes,
/// with so many segments, and answers what comes on standard input, one line each, with one JSON object a line:
///
///     single K FIRST COUNT [SHARE]    each of these queries by itself
///     batch K FIRST COUNT [SHARE]     all of them in one call
///     moments K FIRST COUNT [SHARE]   each, among segments
///
/// SHARE is the part of the recordings that the query allows, by default all: spread evenly, or side by side where
/// it is negative.
@main enum Main {
  static func main() throws {
    guard let folder = CommandLine.arguments.dropFirst().first else { fatalError("search FOLDER") }
    let library = try Library(
      folder: URL(filePath: folder),
      segments: CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 0)
    let encoder = JSONEncoder()
    while let line = readLine() {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().map { Double($0) ?? 0 }
      guard numbers.count >= 3 else { fatalError(line) }
      let (k, first, count) = (Int(numbers[0]), Int(numbers[1]), Int(numbers[2]))
      let queries = (first..<first + count).map { library.query($0) }
      let allowed = numbers.count > 3 ? library.recordings(share: numbers[3]) : nil
      var answer = Answer()
      switch words[0] {
      case "batch":
        try answer.time { try library.index.similar(toEach: queries, k: k, allowed: allowed) }
      case "moments":
        for query in queries {
          try answer.time {
            [try library.index.similarMoments(to: query, k: k, allowed: allowed)]
          }
        }
      default:
        for query in queries {
          try answer.time { [try library.index.similar(to: query, k: k, allowed: allowed)] }
        }
      }
      FileHandle.standardOutput.write(try encoder.encode(answer) + Data("\n".utf8))
    }
  }
}

/// What the adapter reads.
private struct Answer: Encodable {
  /// Of each call: by the wall clock, and what the process had of the processors.
  var milliseconds: [Double] = []
  var busy: [Double] = []
  /// The rows of each query's hits, from 0, the best first, and their scores.
  var rows: [[Int64]] = []
  var scores: [[Double]] = []

  mutating func time(_ body: () throws -> [[Hit]]) rethrows {
    let clock = ContinuousClock()
    let busyBefore = Self.processMilliseconds
    let begin = clock.now
    let hits = try body()
    milliseconds.append((clock.now - begin) / .milliseconds(1))
    busy.append(Self.processMilliseconds - busyBefore)
    rows += hits.map { $0.map { $0.recording.rawValue - 1 } }
    scores += hits.map { $0.map(\.score) }
  }

  private static var processMilliseconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
  }
}
