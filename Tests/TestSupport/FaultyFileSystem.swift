import MappedFiles
import Synchronization
import SystemPackage

/// The system's calls, of which the n-th that makes, changes or maps a file fails once.
package final class FaultyFileSystem: Sendable {
  package enum Fault: Hashable, CaseIterable, Sendable {
    case noSpace
    case badDisk
    /// A signal arrives: the call is to be made again, and nobody should notice.
    case interrupted
    /// Half of the bytes are written, and then the disk is full. Other calls fail as on a bad disk.
    case shortWrite
    /// Half of the bytes are written, and the rest may follow: nobody should notice. Other calls
    /// succeed.
    case partialWrite

    /// Whether whoever called must have made up for it.
    package var isHarmless: Bool { self == .interrupted || self == .partialWrite }

    var errorNumber: Int {
      switch self {
      case .noSpace: 28
      case .badDisk, .shortWrite, .partialWrite: 5
      case .interrupted: 4
      }
    }
  }

  package enum Call: String, CaseIterable, Sendable {
    case open, write, synchronise, truncate, map, rename, unlink
  }

  private struct State {
    var calls = 0
    var hit: Call?
    var isFull = false
  }

  private let state = Mutex(State())
  private let target: Int
  private let fault: Fault

  /// - Parameter target: counted from 1; a number that is never reached makes nothing fail.
  package init(failing target: Int, _ fault: Fault) {
    self.target = target
    self.fault = fault
  }

  /// Calls so far.
  package var calls: Int { state.withLock { $0.calls } }

  /// What failed, if anything has.
  package var hit: Call? { state.withLock { $0.hit } }

  private func isHit(_ call: Call) -> Bool {
    state.withLock {
      $0.calls += 1
      guard $0.calls == target else { return false }
      $0.hit = call
      return true
    }
  }

  /// The call's own result, or the failure.
  private func result(_ call: Call, _ body: () -> Int) -> Int {
    guard isHit(call), fault != .partialWrite else { return body() }
    return -fault.errorNumber
  }

  package var fileSystem: FileSystem {
    let system = FileSystem.system
    var fileSystem = system
    fileSystem.open = { [self] path, flags in result(.open) { system.open(path, flags) } }
    fileSystem.synchronise = { [self] file in result(.synchronise) { system.synchronise(file) } }
    fileSystem.truncate = { [self] file, length in
      result(.truncate) { system.truncate(file, length) }
    }
    fileSystem.map = { [self] file, length in result(.map) { system.map(file, length) } }
    fileSystem.rename = { [self] from, to in result(.rename) { system.rename(from, to) } }
    fileSystem.unlink = { [self] path in result(.unlink) { system.unlink(path) } }
    fileSystem.write = { [self] file, bytes, offset in
      let isFull = state.withLock { state in
        defer { state.isFull = false }
        return state.isFull
      }
      if isFull { return -Fault.noSpace.errorNumber }
      guard isHit(.write) else { return system.write(file, bytes, offset) }
      guard fault == .shortWrite || fault == .partialWrite, bytes.count > 1 else {
        return -fault.errorNumber
      }
      if fault == .shortWrite { state.withLock { $0.isFull = true } }
      return system.write(
        file, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), offset)
    }
    return fileSystem
  }
}
