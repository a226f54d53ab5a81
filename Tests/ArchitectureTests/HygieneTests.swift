import Foundation
import Testing

/// What no file of the repository may hold.
@Suite struct HygieneTests {
  /// Written in two halves, so that this file does not find itself.
  private static let forbidden = [
    "/wo" + "rk/", "/ro" + "ot/", "/home/" + "runner", "pypi" + ".org", "pythonhosted" + ".org",
    "npmjs" + ".", "crates" + ".io", "deb.debian" + ".org", "proxy.golang" + ".org",
  ]

  @Test func noPathOfABuildMachineAndNoRegistry() throws {
    #expect(Repository.textFiles.count > 50)
    for file in Repository.textFiles {
      let text = try Repository.text(file)
      for word in Self.forbidden {
        #expect(!text.contains(word), "\(file) contains \(word)")
      }
    }
  }

  @Test func packagesComeFromGitHub() throws {
    let text = try Repository.text("Package.swift")
    let addresses = text.matches(of: /url: "([^"]+)"/).map { String($0.1) }
    #expect(!addresses.isEmpty)
    for address in addresses {
      let isPlain = address.wholeMatch(of: /https:\/\/github\.com\/[\w.-]+\/[\w.-]+/) != nil
      #expect(isPlain, "\(address)")
    }
  }

  /// One type or one concern a file; past this length there are surely two.
  @Test func filesAreShort() throws {
    let endings = [".swift", ".c", ".h", ".py"]
    for file in Repository.textFiles
    where endings.contains(where: file.hasSuffix) || file.hasPrefix("scripts/") {
      let count = try Repository.lines(file).count
      #expect(count <= 300, "\(file) has \(count) lines")
    }
  }

  @Test func noUnfinishedMarks() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
    for file in Repository.textFiles where file.hasSuffix(".swift") || file.hasSuffix(".c") {
      let text = try Repository.text(file)
      for mark in marks { #expect(!text.contains(mark), "\(file) contains \(mark)") }
    }
  }

  @Test func scriptsAreExecutableAndParse() throws {
    let scripts = Repository.files.filter { $0.hasPrefix("scripts/") || $0 == ".ci/run" }
    #expect(scripts.contains("scripts/run"))
    for file in scripts {
      guard let first = try Repository.lines(file).first, first.hasPrefix("#!") else { continue }
      let path = Repository.root.appendingPathComponent(file).path
      #expect(FileManager.default.isExecutableFile(atPath: path), "\(file) is not executable")
      if first.contains("bash") {
        let outcome = try Tool.run("bash", ["-n", path])
        #expect(outcome.status == 0, "\(file): \(outcome.output)")
      }
    }
  }
}
