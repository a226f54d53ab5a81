import Core
import SystemPackage

/// A file to be read that is closed with its last reference. Everything here blocks.
final class OpenFile: Sendable {
  private let descriptor: FileDescriptor
  private let path: FilePath

  init(_ path: FilePath) throws(HarkError) {
    do {
      descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    } catch {
      throw Self.failure("cannot open \(path.escaped)", error)
    }
    self.path = path
  }

  deinit { try? descriptor.close() }

  /// The file's length.
  func byteCount() throws(HarkError) -> Int {
    do {
      return Int(try descriptor.seek(offset: 0, from: .end))
    } catch {
      throw Self.failure("cannot examine \(path.escaped)", error)
    }
  }

  /// Up to `count` bytes from `offset`; fewer only at the file's end.
  func read(at offset: Int, count: Int) throws(HarkError) -> [UInt8] {
    do {
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
        while done < count {
          let part = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[done..<count])
          let read = try descriptor.read(fromAbsoluteOffset: Int64(offset + done), into: part)
          guard read > 0 else { break }
          done += read
        }
      }
    } catch {
      throw Self.failure("cannot read \(path.escaped)", error)
    }
  }

  /// What a call of SystemPackage says, in our words.
  static func failure(_ message: String, _ error: any Error) -> HarkError {
    guard let number = error as? Errno else {
      return HarkError(.system, message, cause: "\(error)")
    }
    return .system(message, errno: number.rawValue)
  }
}
