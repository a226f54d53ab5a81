import MappedFiles
import Synchronization
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system's calls, written down in their order, so that ``PowerLoss`` can tell what of them a disk
/// may hold after the power was cut. For one directory that was empty at the beginning.
package final class RecordingFileSystem: Sendable {
  /// Files are numbered as they are made, since their names change.
  package enum Event: Sendable {
    case made(name: String, file: Int)
    case wrote(file: Int, offset: Int, bytes: [UInt8])
    case truncated(file: Int, length: Int)
    case synchronised(file: Int)
    case renamed(from: String, to: String)
    case unlinked(name: String)
    case synchronisedDirectory
    /// A transaction of the catalogue was committed, the n-th.
    case committed(Int)
  }

  fileprivate struct State {
    var events: [Event] = []
    var fileOfName: [String: Int] = [:]
    /// `nil` for the directory itself.
    var fileOfDescriptor: [Int32: Int?] = [:]
    var made = 0
    var commits = 0
  }

  private let state = Mutex(State())
  /// Whether fsync is believed to have done what it says.
  private let isHonest: Bool

  /// - Parameter isHonest: `false` for a disk that says it has written what it has not.
  package init(isHonest: Bool = true) { self.isHonest = isHonest }

  package var events: [Event] { state.withLock { $0.events } }

  /// To be called when the catalogue would have committed.
  package func commit() {
    state.withLock {
      $0.commits += 1
      $0.events.append(.committed($0.commits))
    }
  }

  private static func name(_ path: FilePath) -> String { path.lastComponent?.string ?? "" }

  package var fileSystem: FileSystem {
    let system = FileSystem.system
    var fileSystem = system
    fileSystem.open = { [self] path, flags in
      let descriptor = system.open(path, flags)
      guard descriptor >= 0 else { return descriptor }
      state.withLock { $0.open(Self.name(path), Int32(descriptor), flags) }
      return descriptor
    }
    fileSystem.write = { [self] descriptor, bytes, offset in
      let count = system.write(descriptor, bytes, offset)
      if count > 0 {
        record(descriptor) {
          .wrote(
            file: $0, offset: offset,
            bytes: Array(UnsafeRawBufferPointer(rebasing: bytes[..<count])))
        }
      }
      return count
    }
    fileSystem.truncate = { [self] descriptor, length in
      let result = system.truncate(descriptor, length)
      if result >= 0 { record(descriptor) { .truncated(file: $0, length: length) } }
      return result
    }
    fileSystem.synchronise = { [self] descriptor in
      // The disk under the test need not do it: only what is written down counts.
      guard isHonest else { return 0 }
      state.withLock { state in
        guard let file = state.fileOfDescriptor[descriptor] else { return }
        state.events.append(file.map { .synchronised(file: $0) } ?? .synchronisedDirectory)
      }
      return 0
    }
    fileSystem.rename = { [self] from, to in
      let result = system.rename(from, to)
      if result >= 0 { state.withLock { $0.rename(Self.name(from), Self.name(to)) } }
      return result
    }
    fileSystem.unlink = { [self] path in
      let result = system.unlink(path)
      if result >= 0 { state.withLock { $0.unlink(Self.name(path)) } }
      return result
    }
    return fileSystem
  }

  private func record(_ descriptor: Int32, _ event: (Int) -> Event) {
    state.withLock { state in
      guard case .some(.some(let file)) = state.fileOfDescriptor[descriptor] else { return }
      state.events.append(event(file))
    }
  }
}

extension RecordingFileSystem.State {
  fileprivate mutating func open(_ name: String, _ descriptor: Int32, _ flags: Int32) {
    if flags & O_DIRECTORY != 0 {
      fileOfDescriptor[descriptor] = .some(nil)
      return
    }
    if let file = fileOfName[name] {
      fileOfDescriptor[descriptor] = file
      if flags & O_TRUNC != 0 { events.append(.truncated(file: file, length: 0)) }
      return
    }
    made += 1
    fileOfName[name] = made
    fileOfDescriptor[descriptor] = made
    events.append(.made(name: name, file: made))
  }

  fileprivate mutating func rename(_ from: String, _ to: String) {
    fileOfName[to] = fileOfName.removeValue(forKey: from)
    events.append(.renamed(from: from, to: to))
  }

  fileprivate mutating func unlink(_ name: String) {
    fileOfName[name] = nil
    events.append(.unlinked(name: name))
  }
}
