import Core
import Fingerprint
import Foundation

/// Pairs against what the generator made.
struct Score {
  private let library: Library
  private let pairs: [Duplicate]

  init(_ library: Library, _ pairs: [Duplicate]) {
    self.library = library
    self.pairs = pairs
  }

  private func name(_ number: Int) -> String {
    guard number < library.entries.count else { return "distractor \(number)" }
    let entry = library.entries[number]
    return "\(entry.copy) \(entry.path.split(separator: "/").suffix(2).joined(separator: "/"))"
  }

  /// Recall of each kind of copy against its original and among all copies; then what is wrong.
  func report() {
    let entries = library.entries
    let found = Dictionary(
      uniqueKeysWithValues: pairs.map { (Set([$0.number, $0.otherNumber]), $0) })
    let originals = Dictionary(
      uniqueKeysWithValues: entries.indices.filter { entries[$0].copy == "original" }.map {
        (entries[$0].source, $0)
      })
    var kinds: [String: [(pair: Duplicate?, number: Int)]] = [:]
    for (number, entry) in entries.enumerated() where entry.source >= 0 && entry.copy != "original"
    {
      guard let original = originals[entry.source] else { continue }
      kinds[entry.copy, default: []].append((found[[number, original]], number))
    }
    for (kind, results) in kinds.sorted(by: { $0.key < $1.key }) {
      let hits = results.compactMap(\.pair)
      let relations = Dictionary(grouping: hits, by: \.relation).mapValues(\.count)
      let agreement = hits.map(\.agreement).sorted()
      print(
        "\(kind): \(hits.count) of \(results.count)",
        relations.sorted { $0.value > $1.value }.map { "\($0.key.rawValue) \($0.value)" },
        "agreement \(quantiles(agreement))",
        "coverage \(quantiles(hits.map(\.firstCoverage).sorted()))")
      for miss in results where miss.pair == nil { print("  missed: \(name(miss.number))") }
      for result in results {
        guard let pair = result.pair, !pair.relation.isCopy else { continue }
        print(
          "  \(pair.relation.rawValue): \(name(result.number)): offset \(round(pair.offset)), "
            + "\(pair.firstIntervals.map { "\(round($0.from))–\(round($0.to))" })")
      }
    }
    reportMixes(found, originals)
    reportOthers()
  }

  private func reportMixes(_ found: [Set<Int>: Duplicate], _ originals: [Int: Int]) {
    var (wanted, right, error) = (0, 0, [Double]())
    for (number, entry) in library.entries.enumerated() {
      for part in entry.parts ?? [] {
        guard let original = originals[part.source] else { continue }
        wanted += 1
        guard let pair = found[[number, original]], pair.relation == .contained,
          let interval = pair.secondIntervals.first
        else { continue }
        right += 1
        error.append(abs(interval.from - Double(part.at) / 16_000))
      }
    }
    print("in mixes: \(right) of \(wanted), beginnings off by \(quantiles(error.sorted())) s")
  }

  /// Pairs of different pieces, each pair of pieces once.
  private func reportOthers() {
    var seen: Set<Set<Int>> = []
    var count: [CopyRelation: Int] = [:]
    for pair in pairs {
      let entries = [pair.number, pair.otherNumber].map {
        $0 < library.entries.count ? library.entries[$0] : nil
      }
      let sources = entries.map { $0?.source ?? -2 }
      if sources[0] == sources[1] && sources[0] >= 0 { continue }
      if entries.contains(where: { $0?.copy == "mix" }) { continue }
      count[pair.relation, default: 0] += 1
      guard seen.insert(Set(sources)).inserted else { continue }
      let text =
        "other pieces: \(pair.relation.rawValue): \(name(pair.number)) | \(name(pair.otherNumber)): offset "
        + "\(round(pair.offset)), speed \(pair.speed), pitch \(pair.pitch), coverage "
        + "\(round(pair.firstCoverage)) \(round(pair.secondCoverage)), agreement "
        + "\(round(pair.agreement))"
      print(text)
    }
    print("pairs of other pieces: \(count.map { "\($0.key.rawValue) \($0.value)" })")
  }

  private func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private func quantiles(_ sorted: [Double]) -> String {
    guard !sorted.isEmpty else { return "-" }
    return [0, 0.01, 0.5, 0.99].map {
      String(format: "%.3f", sorted[Int($0 * Double(sorted.count - 1))])
    }.joined(separator: " ")
  }
}

extension Duplicate {
  /// The recordings' numbers in an index that was made in memory.
  fileprivate var number: Int { Int(first.rawValue) - 1 }
  fileprivate var otherNumber: Int { Int(second.rawValue) - 1 }
}
