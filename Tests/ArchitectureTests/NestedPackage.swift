import Foundation
import TestSupport

/// A package of its own in a folder here, which nothing but its own command builds: compiled for errors
/// against the rooms as they are built now.
struct NestedPackage {
  private let sources: URL
  private let folders: [String]

  init(_ folder: String) {
    sources = Repository.root.appendingPathComponent("\(folder)/Sources")
    folders = (try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? []
  }

  /// The programs, beside the modules in C that they use.
  var programs: [String] { folders.filter { $0.first?.isLowercase == true }.sorted() }

  /// Where the rooms are built.
  private static let built = ProgramRun.built("harkd").deletingLastPathComponent()

  /// What tells the compiler of modules in C, as a build would.
  private func modulesInC(_ directory: TemporaryDirectory) throws -> [String] {
    var maps = try FileManager.default.contentsOfDirectory(atPath: Self.built.path)
      .map { Self.built.appendingPathComponent("\($0)/module.modulemap").path }
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

  /// Swift files of a folder and of those below it, through links.
  private static func files(below folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().flatMap { name in
      let url = folder.appendingPathComponent(name)
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      if isFolder.boolValue { return try files(below: url) }
      return name.hasSuffix(".swift") ? [url.path] : []
    }
  }

  /// Compiles a program for errors alone.
  func compile(_ program: String, _ options: [String]) throws -> Tool.Outcome {
    let directory = try TemporaryDirectory()
    let arguments = [
      "-typecheck", "-swift-version", "6", "-parse-as-library", "-module-name", program, "-I",
      Self.built.appendingPathComponent("Modules").path,
    ]
    return try Tool.run(
      "swiftc",
      try arguments + options + modulesInC(directory)
        + Self.files(below: sources.appendingPathComponent(program)))
  }
}
