import Core
import MappedFiles
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The user to whom a state directory belongs: the service's, mostly, and never root.
///
/// Root restores and repairs it as well, and the service could not open what root makes there.
struct StateOwner {
  private let user: uid_t
  private let group: gid_t

  /// Gives what root made in `directory` to the directory's owner and group. Does nothing unless this
  /// process is root's and the directory another user's.
  ///
  /// Only files that Hark itself names change hands. No link is followed, and what has a second name stays
  /// as it is: whoever owns the directory could have put another user's file there. Throws what the system
  /// says. Complexity: O(files in the directory).
  static func handOver(_ directory: FilePath) throws(HarkError) {
    guard geteuid() == 0 else { return }
    let file = directory.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard file >= 0 else {
      throw .system("cannot open the state directory \(directory.escaped)", errno: errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_uid != 0 else { return }
    let owner = StateOwner(user: status.st_uid, group: status.st_gid)
    for name in try FileSystem.names(in: directory)
    where name == "LOCK" || name.hasPrefix("catalogue.sqlite") || name.hasSuffix(".hark") {
      try owner.take(name, in: file, directory, kind: S_IFREG)
    }
    try owner.takeModelCopies(in: file, directory)
  }

  private func takeModelCopies(in parent: Int32, _ directory: FilePath) throws(HarkError) {
    let name = "model-copies"
    let file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    for copy in try FileSystem.names(in: directory.appending(name)) {
      try take(copy, in: file, directory.appending(name), kind: S_IFREG)
    }
    try take(name, in: parent, directory, kind: S_IFDIR)
  }

  /// Through an open file, so that what was looked at is what changes hands.
  private func take(
    _ name: String, in parent: Int32, _ directory: FilePath, kind: mode_t
  ) throws(HarkError) {
    // A pipe that lies there keeps nobody waiting.
    let file = openat(parent, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == kind, status.st_uid == 0,
      kind == S_IFDIR || status.st_nlink == 1
    else { return }
    guard fchown(file, user, group) == 0 else {
      throw .system(
        "cannot give \(directory.appending(name).escaped) to user \(user)", errno: errno,
        remedy: "do so yourself, with chown: the directory's owner must be able to write it")
    }
  }
}
