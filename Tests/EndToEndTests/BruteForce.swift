import Foundation
import TestSupport

/// What `similar` must answer, worked out in double precision over what `hark embed` wrote, by the
/// definitions of the API and by nothing of the index's own code.
struct BruteForce {
  /// One recording: its pooled embedding, its segments as stored, and the files that hold it.
  struct Entry {
    var pooled: [Double]
    var segments: [[Double]]
    var paths: [String]
  }

  /// By the recording's id.
  private(set) var entries: [String: Entry] = [:]
  private var ids: [String: String] = [:]

  /// Embeds `files` twice, pooled and by segments; with the default model, unless one is given.
  init(_ files: [URL], model: URL? = nil, in home: DaemonProcess.Home) async throws {
    for pooled in [true, false] {
      let array = home.beside(pooled ? "pooled.npy" : "segments.npy")
      let table = home.beside(pooled ? "pooled.csv" : "segments.csv")
      let run = try await ProgramRun.run(
        ProgramRun.built("hark"),
        ["embed", "--output", array.path, "--index", table.path]
          + (pooled ? ["--pooled"] : []) + (model.map { ["--model", $0.path] } ?? [])
          + files.map(\.path))
      guard run.status == 0 else { throw Unmet(description: run.errors) }
      try add(NPYArray(array), String(contentsOf: table, encoding: .utf8), pooled: pooled)
    }
  }

  private mutating func add(_ array: NPYArray, _ table: String, pooled: Bool) throws {
    for line in table.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      guard fields.count == 5, let first = Int(fields[1]), let count = Int(fields[2]) else {
        throw Unmet(description: "not a row of the table: \(line)")
      }
      let rows = (first..<first + count).map { row in
        array.values[row * 128..<(row + 1) * 128].map(Double.init)
      }
      let id = fields[3]
      ids[fields[0]] = id
      var entry = entries[id] ?? Entry(pooled: [], segments: [], paths: [])
      if pooled {
        entry.pooled = rows[0]
        entry.paths = (entry.paths + [fields[0]]).sorted()
      } else {
        entry.segments = rows
      }
      entries[id] = entry
    }
  }

  func id(_ file: URL) -> String { ids[file.path] ?? "" }

  /// The scores of all recordings but the seeds', by pooled embeddings.
  func pooled(like: [URL], unlike: [URL] = []) -> [String: Double] {
    let query = Self.query(
      like: like.map { entries[id($0)]?.pooled ?? [] },
      unlike: unlike.map { entries[id($0)]?.pooled ?? [] })
    return entries.filter { !(like + unlike).map(id).contains($0.key) }
      .mapValues { Self.cosine(query, $0.pooled) }
  }

  /// The scores of every segment of all recordings but the seed's, for a stretch of it.
  func stretch(of seed: URL, from: Double, to: Double) -> [String: [Double]] {
    let segments = entries[id(seed)]?.segments ?? []
    func overlap(_ index: Int) -> Double {
      min(to, Double(index + 1) * 0.96) - max(from, Double(index) * 0.96)
    }
    var chosen = segments.indices.filter { overlap($0) >= 0.48 }
    if chosen.isEmpty {
      chosen = segments.indices.max { overlap($0) < overlap($1) }.map { [$0] } ?? []
    }
    let query = Self.query(like: [Self.unit(Self.mean(chosen.map { segments[$0] }))], unlike: [])
    return entries.filter { $0.key != id(seed) }
      .mapValues { $0.segments.map { Self.cosine(query, $0) } }
  }

  private static func query(like: [[Double]], unlike: [[Double]]) -> [Double] {
    guard !unlike.isEmpty else { return unit(mean(like)) }
    return unit(zip(mean(like), mean(unlike)).map { $0 - 0.5 * $1 })
  }

  private static func mean(_ vectors: [[Double]]) -> [Double] {
    (0..<128).map { place in
      vectors.reduce(0) { $0 + $1[place] } / Double(vectors.count)
    }
  }

  private static func unit(_ vector: [Double]) -> [Double] {
    let norm = dot(vector, vector).squareRoot()
    return norm > 0 ? vector.map { $0 / norm } : vector
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    let norms = (dot(a, a) * dot(b, b)).squareRoot()
    return norms > 0 ? dot(a, b) / norms : 0
  }
}
