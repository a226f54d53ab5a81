import Core
import Glibc
import SystemPackage
import TestSupport
import Testing

@Suite struct LockFileTests {
  private static func lock(_ path: FilePath) throws(HarkError) -> LockFile {
    try LockFile(path, permissions: .ownerReadWrite, remedy: "none") { holder in
      HarkError(.locked, "held\(holder)")
    }
  }

  @Test func oneHoldsItAndTheOthersLearnWho() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("lock").path)
    let first = try Self.lock(path)
    let error = #expect(throws: HarkError.self) { try Self.lock(path) }
    #expect(error?.code == .locked)
    #expect(error?.message == "held (process \(getpid()))")
    first.release()
    let second = try Self.lock(path)
    withExtendedLifetime((first, second)) {}
  }

  /// A child that was started and whose program does not run yet has copies of all descriptors, also
  /// of those that are closed on exec.
  @Test func aCopyOfTheDescriptorDoesNotKeepIt() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("lock").path)
    var copy: Int32 = -1
    do {
      let first = try Self.lock(path)
      var file = stat()
      #expect(stat(path.string, &file) == 0)
      copy = try #require(
        (3..<4_096).first { descriptor in
          var status = stat()
          return fstat(descriptor, &status) == 0 && status.st_ino == file.st_ino
            && status.st_dev == file.st_dev
        }.map { dup($0) })
      withExtendedLifetime(first) {}
    }
    defer { close(copy) }
    #expect(throws: Never.self) { try Self.lock(path) }
  }

  @Test func whatCannotBeOpenedIsSaid() throws {
    let directory = try TemporaryDirectory()
    let error = #expect(throws: HarkError.self) {
      try Self.lock(FilePath(directory("none/lock").path))
    }
    #expect(error?.code == .notFound)
    #expect(error?.remedy == "none")
  }
}
