import Foundation
import TestSupport
import Testing

/// `make run`, with small programs in place of the built ones.
@Suite struct RunScriptTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Whoever names a folder wrongly hears so before minutes of building.
  @Test func theFolderIsLookedAtBeforeTheBuild() throws {
    let outcome = try Tool.run(
      "make",
      ["--no-print-directory", "-C", Repository.root.path, "run", "MUSIC=\(directory("no").path)"],
      environment: ["MAKEFLAGS": "", "BUILT": directory("built").path])
    #expect(outcome.status != 0)
    #expect(outcome.output.contains("no folder '\(directory("no").path)'"), "\(outcome.output)")
  }
}
