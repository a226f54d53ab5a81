import Foundation
import TestSupport
import Testing

/// `Benchmarks/` is a package of its own that nothing else builds: it must go on fitting the rooms.
@Suite struct BenchmarkTests {
  private static let sources = Repository.root.appendingPathComponent("Benchmarks/Sources")
  private static let folders =
    (try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? []

  /// The programs, beside the modules in C that they use.
  static var programs: [String] { folders.filter { $0.first?.isLowercase == true }.sorted() }

  /// Where the package is built.
  private static let built = ProgramRun.built("harkd").deletingLastPathComponent()

  /// What tells the compiler of modules in C, as a build would.
  private static func modulesInC(_ directory: TemporaryDirectory) throws -> [String] {
    var maps = try FileManager.default.contentsOfDirectory(atPath: built.path)
      .map { built.appendingPathComponent("\($0)/module.modulemap").path }
    for file in Repository.files where file.hasSuffix("/module.modulemap") {
      maps.append(Repository.root.appendingPathComponent(file).path)
    }
    // Packages bring some of their own.
    let checkouts = Repository.root.appendingPathComponent(".build/checkouts").path
    for package in (try? FileManager.default.contentsOfDirectory(atPath: checkouts)) ?? [] {
      let sources = "\(checkouts)/\(package)/Sources"
      for folder in (try? FileManager.default.contentsOfDirectory(atPath: sources)) ?? [] {
        maps += ["", "/include"].map { "\(sources)/\(folder)\($0)/module.modulemap" }
      }
    }
    for folder in folders where folder.first?.isUppercase == true {
      let headers = sources.appendingPathComponent("\(folder)/include").path
      let map = directory("\(folder).modulemap")
      try Data("module \(folder) {\n  umbrella \"\(headers)\"\n  export *\n}\n".utf8).write(to: map)
      maps.append(map.path)
    }
    maps = maps.filter { FileManager.default.fileExists(atPath: $0) }
    return maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
  }

  @Test(arguments: programs)
  func compiles(program: String) throws {
    let directory = try TemporaryDirectory()
    let folder = Self.sources.appendingPathComponent(program)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.map { folder.appendingPathComponent($0).path }
    var arguments = [
      "-typecheck", "-swift-version", "6", "-parse-as-library", "-module-name", program, "-I",
      Self.built.appendingPathComponent("Modules").path,
    ]
    if program == "bench" { arguments += ["-default-isolation", "MainActor"] }
    arguments += try Self.modulesInC(directory)
    let outcome = try Tool.run("swiftc", arguments + files)
    #expect(outcome.status == 0, "\(outcome.output.suffix(4_000))")
  }

  @Test func programsAreFound() {
    #expect(Self.programs.isSuperset(of: ["bench", "duplicates", "identify", "search"]))
  }
}

extension [String] {
  fileprivate func isSuperset(of other: [String]) -> Bool { Set(self).isSuperset(of: other) }
}
