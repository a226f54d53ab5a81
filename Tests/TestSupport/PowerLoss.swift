import Foundation

/// What a disk may hold after the power was cut, by what was asked of it: what was not synchronised is
/// there or not, in any order, in pieces of one sector.
///
/// A name counts on disk once its directory is synchronised; until then each change of a name is there
/// or not. File systems that promise more (ext4 writes names in their order) are a special case of it.
package struct PowerLoss {
  /// What becomes of that which was not synchronised.
  package enum Manner: Hashable, Sendable {
    case allLost
    /// As after SIGKILL.
    case allKept
    /// Each sector and each name is kept or not, by chance; of names the first so many are.
    case torn(seed: UInt64, namesInOrder: Bool)

    /// All of them, with so many seeds.
    package static func all(_ seeds: Int) -> [Manner] {
      [.allLost, .allKept]
        + (0..<seeds).map { .torn(seed: UInt64($0) + 1, namesInOrder: $0 % 2 == 0) }
    }
  }

  private static let sector = 512

  private enum Change {
    case write(offset: Int, bytes: [UInt8])
    case truncate(length: Int)
  }

  private enum Naming {
    case made(String, Int)
    case renamed(String, String, Int)
    case unlinked(String)
  }

  private var contents: [Int: [UInt8]] = [:]
  private var changes: [Int: [Change]] = [:]
  private var names: [String: Int] = [:]
  private var namings: [Naming] = []
  private var current: [String: Int] = [:]
  /// Transactions that were committed by now.
  package private(set) var commits = 0

  package init() {}

  /// Goes on by one event.
  package mutating func apply(_ event: RecordingFileSystem.Event) {
    switch event {
    case .made(let name, let file):
      contents[file] = []
      current[name] = file
      namings.append(.made(name, file))
    case .wrote(let file, let offset, let bytes):
      changes[file, default: []].append(.write(offset: offset, bytes: bytes))
    case .truncated(let file, let length):
      changes[file, default: []].append(.truncate(length: length))
    case .synchronised(let file):
      contents[file] = content(of: file) { true }
      changes[file] = nil
    case .renamed(let from, let to):
      guard let file = current.removeValue(forKey: from) else { return }
      current[to] = file
      namings.append(.renamed(from, to, file))
    case .unlinked(let name):
      current[name] = nil
      namings.append(.unlinked(name))
    case .synchronisedDirectory:
      names = current
      namings = []
    case .committed(let number): commits = number
    }
  }

  /// Writes what the disk holds into an empty directory.
  package func write(_ manner: Manner, to directory: URL) throws {
    var random = SplitMix64(seed: 0)
    var isInOrder = true
    if case .torn(let seed, let namesInOrder) = manner {
      random = SplitMix64(seed: seed &* 7919 &+ UInt64(namings.count))
      isInOrder = namesInOrder
    }
    func isKept() -> Bool {
      switch manner {
      case .allLost: false
      case .allKept: true
      case .torn: random.next() & 1 == 0
      }
    }
    var listed = names
    for naming in namings {
      guard isKept() else {
        guard isInOrder else { continue }
        break
      }
      switch naming {
      case .made(let name, let file): listed[name] = file
      case .renamed(let from, let to, let file):
        listed[from] = nil
        listed[to] = file
      case .unlinked(let name): listed[name] = nil
      }
    }
    for (name, file) in listed.sorted(by: { $0.key < $1.key }) {
      try Data(content(of: file, isKept)).write(to: directory.appendingPathComponent(name))
    }
  }

  private func content(of file: Int, _ isKept: () -> Bool) -> [UInt8] {
    var content = contents[file] ?? []
    func grow(to length: Int) {
      if content.count < length {
        content += [UInt8](repeating: 0, count: length - content.count)
      }
    }
    for change in changes[file] ?? [] {
      switch change {
      case .truncate(let length):
        guard isKept() else { continue }
        grow(to: length)
        content.removeLast(content.count - length)
      case .write(let offset, let bytes):
        var from = 0
        while from < bytes.count {
          let to = min(bytes.count, from + Self.sector - (offset + from) % Self.sector)
          if isKept() {
            grow(to: offset + to)
            content.replaceSubrange(offset + from..<offset + to, with: bytes[from..<to])
          }
          from = to
        }
      }
    }
    return content
  }
}
