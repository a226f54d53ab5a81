import Core
import Fingerprint

/// NAME=VALUE arguments.
struct Settings: Sendable {
  private(set) var parameters = FingerprintParameters()
  private var values: [String: Double] = [:]

  init(_ arguments: [String]) {
    for argument in arguments {
      let parts = argument.split(separator: "=")
      guard parts.count == 2, let value = Double(parts[1]) else { fatalError(argument) }
      values[String(parts[0])] = value
    }
    set(&parameters.peakFrames, "peakFrames")
    set(&parameters.peakBins, "peakBins")
    set(&parameters.meanFrames, "meanFrames")
    set(&parameters.meanBins, "meanBins")
    set(&parameters.rankFrames, "rankFrames")
    set(&parameters.recordingPeaks, "recordingPeaks")
    set(&parameters.fanOut, "fanOut")
    set(&parameters.pairBins, "pairBins")
    set(&parameters.queryPeaks, "queryPeaks")
    set(&parameters.sparsePeaks, "sparsePeaks")
    set(&parameters.commonness, "commonness")
    set(&parameters.candidates, "candidates")
    set(&parameters.votes, "votes")
    set(&parameters.warpVotes, "warpVotes")
    if let value = values["toleranceFrames"] { parameters.toleranceFrames = value }
    if let value = values["toleranceBins"] { parameters.toleranceBins = value }
    if let value = values["near"] {
      parameters.pairFrames = Int(value)...parameters.pairFrames.upperBound
    }
    if let value = values["far"] {
      parameters.pairFrames = parameters.pairFrames.lowerBound...Int(value)
    }
    if let value = values["low"] { parameters.bins = Int(value)..<parameters.bins.upperBound }
    if let value = values["high"] { parameters.bins = parameters.bins.lowerBound..<Int(value) }
  }

  private func set(_ place: inout Int, _ name: String) {
    if let value = values[name] { place = Int(value) }
  }

  /// Hours of a store that is searched in the place of an index in memory.
  var scale: Double? { values["scale"] }

  /// Small libraries in the place of the whole one.
  var draws: Draws? {
    values["draws"].map { count in
      Draws(
        count: Int(count), size: Int(values["size"] ?? 1), seed: UInt64(values["seed"] ?? 1),
        share: Int(values["every"] ?? 1))
    }
  }

  /// The searches that are asked in them, each on its own: those that `searches` has, or all.
  var drawnSearches: [Int] {
    [1, 2, 4].filter { Int(values["searches"] ?? 7) & $0 != 0 }
  }

  /// Every how many-th query is answered.
  func takes(_ entry: QueryEntry, _ i: Int) -> Bool {
    i % Int(values["every"] ?? 1) == 0 && (values["warped"] == 1 || !entry.isWarped)
  }

  func adjust(_ identifier: inout Identifier) {
    if let value = values["bar"] { identifier.bar = value }
    if let value = values["searches"] { identifier.searches = .init(rawValue: Int(value)) }
  }
}

extension QueryEntry {
  var isMix: Bool { condition.hasPrefix("mix") }
  var isWarped: Bool { ["speed", "tempo", "pitch"].contains { condition.hasPrefix($0) } }
}
