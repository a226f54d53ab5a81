// swift-tools-version: 6.2
// The leaf rooms' tests, through links, to be built with a sanitizer (`make sanitize`): alone, since all
// that the daemon is made of would take ten times as long to build.
import PackageDescription

let rooms = Target.Dependency.product(name: "HarkRooms", package: "hark")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

/// The tests that need neither another program nor what the daemon alone is made of; of the workers'
/// only the protocol's.
let leaves = [
  "Core", "Audio", "Features", "Peaks", "Embedding", "Pipeline", "MappedFiles", "Fingerprint",
  "VectorIndex", "Workers",
]

let package = Package(
  name: "hark-sanitizing",
  dependencies: [
    .package(name: "hark", path: ".."),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: leaves.map { .testTarget(name: "\($0)Tests", dependencies: [rooms, system]) },
  swiftLanguageModes: [.v6]
)
