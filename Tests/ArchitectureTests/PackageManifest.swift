import Foundation

/// The targets of Package.swift in the order in which they stand, which is the order of the flow.
struct PackageManifest {
  struct Target {
    let name: String
    /// The targets of this package that it depends on.
    let dependencies: Set<String>
  }

  let targets: [Target]

  init() throws {
    let text = try Repository.text("Package.swift")
    let body = text.components(separatedBy: "targets: [\n").dropFirst().joined()
    let declaration = /\.(?:systemLibrary|target|executableTarget|testTarget)\(\s*name: "([^"]+)"/
    let matches = body.matches(of: declaration)
    var targets: [Target] = []
    for (index, match) in matches.enumerated() {
      let end = index + 1 < matches.count ? matches[index + 1].range.lowerBound : body.endIndex
      let rest = body[match.range.upperBound..<end]
      let list = rest.firstMatch(of: /dependencies: \[([^\]]*)\]/)?.1 ?? ""
      let names = list.matches(of: /"([^"]+)"/).map { String($0.1) }
      targets.append(Target(name: String(match.1), dependencies: Set(names)))
    }
    self.targets = targets
  }

  func position(_ name: String) -> Int? { targets.firstIndex { $0.name == name } }
}

/// The import statements of one source file.
func imports(of file: String) throws -> Set<String> {
  let pattern =
    /^\s*(?:@\w+\s+)*(?:(?:public|package|internal|private|fileprivate)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
  let names = try Repository.lines(file).compactMap { line in
    line.firstMatch(of: pattern).map { String($0.1) }
  }
  return Set(names)
}
