import Foundation

/// What `Benchmarks/identify/generate.py` writes: recordings or queries, 16 kHz mono, one behind the
/// other in a file of 16-bit samples, and a table of where each lies.
struct Corpus<Entry: Decodable & Placed & Sendable>: Sendable {
  let entries: [Entry]
  private let samples: Data

  init(_ name: String, in folder: URL) throws {
    let table = try Data(contentsOf: folder.appending(path: "\(name).json"))
    entries = try JSONDecoder().decode([Entry].self, from: table)
    samples = try Data(
      contentsOf: folder.appending(path: "\(name).s16"), options: .alwaysMapped)
  }

  func samples(of entry: Entry) -> [Float] {
    samples.withUnsafeBytes { bytes in
      let values = bytes.bindMemory(to: Int16.self)
      return values[entry.first..<(entry.first + entry.count)].map {
        Float(Int16(littleEndian: $0)) / 32_768
      }
    }
  }
}

/// Where an entry's samples lie.
protocol Placed {
  var first: Int { get }
  var count: Int { get }
}

struct RecordingEntry: Decodable, Placed, Sendable {
  var first: Int
  var count: Int
  var path: String
}

struct QueryEntry: Decodable, Placed, Sendable {
  var first: Int
  var count: Int
  /// The recording's place in the library, or −1 where it is not there.
  var recording: Int
  var condition: String
}
