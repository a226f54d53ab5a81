import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Workers

@Suite struct LocatorTests {
  private func touch(_ directory: TemporaryDirectory, _ name: String, mode: Int = 0o644) throws {
    let url = directory(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
  }

  private func path(_ directory: TemporaryDirectory, _ name: String) -> FilePath {
    FilePath(directory(name).path)
  }

  private func code(_ body: () throws -> FilePath) -> HarkError.Code? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? HarkError)?.code }
  }

  @Test func modelsAreFoundInOrder() throws {
    let directory = try TemporaryDirectory()
    var locator = ModelLocator(stateDirectory: path(directory, "state"))
    locator.executable = path(directory, "tree/.build/debug/hark")
    locator.systemDirectory = path(directory, "system")
    #expect(code { try locator.find() } == .notFound)

    // From the last place to the first: each new one wins.
    try touch(directory, "tree/Package.swift")
    for name in [
      "tree/Models/m.safetensors", "tree/.build/debug/m.safetensors",
      "tree/.build/share/hark/m.safetensors", "system/m.safetensors",
      "state/models/m.safetensors",
    ] {
      try touch(directory, name)
      #expect(try locator.find() == path(directory, name))
    }
    try touch(directory, "named")
    locator.explicit = path(directory, "named")
    #expect(try locator.find() == path(directory, "named"))
    locator.explicit = path(directory, "missing")
    #expect(code { try locator.find() } == .notFound)
  }

  @Test func twoModelsInOnePlaceAreNotGuessedBetween() throws {
    let directory = try TemporaryDirectory()
    try touch(directory, "state/models/a.safetensors")
    try touch(directory, "state/models/b.safetensors")
    try touch(directory, "state/models/.hidden.safetensors")
    let locator = ModelLocator(stateDirectory: path(directory, "state"))
    #expect(code { try locator.find() } == .invalidSetting)
  }

  @Test func theWorkerIsFoundInOrder() throws {
    let directory = try TemporaryDirectory()
    var locator = WorkerLocator()
    locator.environment = nil
    locator.executable = path(directory, "bin/harkd")
    try touch(directory, "bin/hark-worker", mode: 0o644)
    try touch(directory, "libexec/hark/hark-worker", mode: 0o755)
    #expect(try locator.find() == path(directory, "libexec/hark/hark-worker"))
    try touch(directory, "bin/hark-worker", mode: 0o755)
    #expect(try locator.find() == path(directory, "bin/hark-worker"))
    try touch(directory, "other", mode: 0o755)
    locator.environment = path(directory, "other")
    #expect(try locator.find() == path(directory, "other"))
    try touch(directory, "plain")
    locator.explicit = path(directory, "plain")
    #expect(code { try locator.find() } == .notFound)
  }
}
