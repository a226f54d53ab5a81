import Foundation
import Testing

/// What the documents promise is there.
@Suite struct DocumentTests {
  private static let documents = Repository.files.filter { $0.hasSuffix(".md") }

  private static func targets() throws -> Set<String> {
    let names = try Repository.lines("Makefile").compactMap { line in
      line.firstMatch(of: /^([a-z-]+):/).map { String($0.1) }
    }
    return Set(names)
  }

  @Test func readmeBeginsWithTheTwoCommands() throws {
    let text = try Repository.text("README.md")
    let commands = text.matches(of: /(?m)^make \w+/).map { String($0.0) }
    #expect(commands.prefix(2) == ["make run", "make test"])
  }

  @Test func continuousIntegrationRunsTheTestCommand() throws {
    #expect(try Repository.lines(".ci/run").contains("make test"))
  }

  @Test func mentionedMakeTargetsExist() throws {
    let targets = try Self.targets()
    #expect(targets.isSuperset(of: ["run", "test", "install", "uninstall", "format", "lint"]))
    for file in Self.documents {
      for match in try Repository.text(file).matches(of: /(?:`|(?m:^\s*))make ([a-z]+)\b/) {
        #expect(targets.contains(String(match.1)), "\(file) names make \(match.1)")
      }
    }
  }

  @Test func linksLead() throws {
    for file in Self.documents {
      let folder = Repository.root.appendingPathComponent(file).deletingLastPathComponent()
      for match in try Repository.text(file).matches(of: /\]\(([^)\s]+)\)/) {
        let target = String(match.1).split(separator: "#").first.map(String.init) ?? ""
        guard !target.isEmpty, !target.contains("://") else { continue }
        let path = folder.appendingPathComponent(target).path
        #expect(FileManager.default.fileExists(atPath: path), "\(file) links to \(target)")
      }
    }
  }

  @Test func architectureNamesEveryRoom() throws {
    let text = try Repository.text("ARCHITECTURE.md")
    for target in try PackageManifest().targets where !target.name.hasSuffix("Tests") {
      #expect(text.contains("`\(target.name)`"), "ARCHITECTURE.md does not name \(target.name)")
    }
  }

  /// The manual page knows every status that harkd ends with; 73 is `hark embed`'s alone.
  @Test func exitStatusesAreDocumented() throws {
    let source = try Repository.text("Sources/Core/ExitStatus.swift")
    let numbers = source.matches(of: /(?m)^  case (\w+) = (\d+)$/)
      .filter { $0.1 != "cannotCreate" }.map { String($0.2) }
    let page = try Repository.text("scripts/make-man")
    let documented = page.matches(of: /(?m)^    \("(\d+)", "/).map { String($0.1) }
    #expect(numbers.count > 10)
    #expect(numbers == documented)
  }

  /// The documented example and the code know the same keys.
  @Test func settingsAreDocumented() throws {
    let source = try Repository.text("Sources/harkd/Settings/Setting.swift")
    let cases = source.matches(of: /(?m)^  case (\w+)(?: = "([^"]+)")?$/).map {
      String($0.2 ?? $0.1)
    }
    let documented = try Repository.lines("systemd/hark.yaml").compactMap { line in
      line.firstMatch(of: /^(?:# )?([a-z][a-z-]*):(?: [^ ]+)?$/).map { String($0.1) }
    }
    #expect(cases.count > 10)
    #expect(Set(cases) == Set(documented))
    #expect(documented.count == Set(documented).count)
  }
}
