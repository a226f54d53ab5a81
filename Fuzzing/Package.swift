// swift-tools-version: 6.2
// Hark with libFuzzer around it (`make fuzz`). What is fuzzed, and how, lies in Tests/FuzzTests/Harness,
// through links: the tests take the same inputs without libFuzzer.
import PackageDescription

let rooms = Target.Dependency.product(name: "HarkRooms", package: "hark")
let services = Target.Dependency.product(name: "HarkServices", package: "hark")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
  name: "hark-fuzzing",
  dependencies: [
    .package(name: "hark", path: ".."),
    .package(
      url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(name: "fuzz-rooms", dependencies: [rooms, system]),
    // The settings belong to a program, which no other may import.
    .target(
      name: "HarkSettings",
      dependencies: [
        rooms, system, logging, .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .executableTarget(
      name: "fuzz-services",
      dependencies: ["HarkSettings", rooms, services, system, logging, lifecycle],
      swiftSettings: [.define("HARK_FUZZER")]),
  ],
  swiftLanguageModes: [.v6]
)
