import API
import Core
import SystemPackage

/// An argument that names a sound, as the daemon takes it.
enum ResolvedSeed {
  /// `duration` is in seconds, where it was asked for or is at hand.
  case known(Wire.Seed, id: String, duration: Double?)
  /// A file that the library does not know, or has not listened to yet.
  case unknown(PathArgument, why: String)
}

extension Daemon {
  /// Finds out whether the library knows what an argument names. Throws `notFound` for a recording
  /// that it does not, and `corrupt` for a file that it could not analyse.
  func resolve(
    _ argument: SeedArgument, needsLength: Bool = false
  ) async throws -> ResolvedSeed {
    switch argument {
    case .recording(let id):
      let duration = needsLength ? try await recording(id.description).duration : nil
      return .known(Wire.Seed(id: id), id: id.description, duration: duration)
    case .file(let path):
      guard let file = try await file(named: path), let known = file.filePath else {
        return .unknown(path, why: "not in the library")
      }
      if let id = file.id {
        return .known(Wire.Seed(path: known), id: id, duration: file.duration)
      }
      if let failure = file.failure, file.state == .failed {
        throw HarkError(
          .corrupt, "\(known.escaped) could not be analysed", cause: failure.message)
      }
      return .unknown(path, why: "not analysed yet")
    }
  }

  /// Sends a file's bytes as the body of `request`, and returns the answer undecoded. The file is
  /// opened here, with the user's own rights. Throws ``HarkError`` naming the file where it cannot be
  /// read or analysed.
  func answer(
    to request: HTTPRequest, about argument: PathArgument, why: String
  ) async throws -> [UInt8] {
    let (descriptor, byteCount) = try argument.opened()
    defer { try? descriptor.close() }
    Output.note("hark: \(argument.path.escaped) is \(why): listening to it now")
    var request = request
    request.body = .file(descriptor, byteCount: byteCount)
    do {
      return try await answer(to: request)
    } catch let error as HarkError where error.code == .corrupt {
      // The daemon saw bytes without a name.
      throw HarkError(
        .corrupt, "\(argument.path.escaped) could not be analysed", remedy: error.remedy,
        cause: error.message)
    }
  }
}

extension PathArgument {
  /// ``InputFile/open(_:)``, where what seems to be a part of an id is told from a file's name.
  fileprivate func opened() throws(HarkError) -> (FileDescriptor, Int64) {
    do throws(HarkError) {
      return try InputFile.open(path)
    } catch {
      guard error.code == .notFound, looksLikeAnID else { throw error }
      throw HarkError(
        .notFound, error.message,
        remedy: "a recording's id has all of its 64 digits; see `hark show`",
        cause: error.cause)
    }
  }

  /// Whether it may be meant as a part of an id, as other programs take them.
  fileprivate var looksLikeAnID: Bool {
    (6..<64).contains(path.bytes.count)
      && path.bytes.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
  }
}
