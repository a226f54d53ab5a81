// swift-tools-version: 6.2
// The ways into Hark for libFuzzer: `make fuzz` builds and runs it. The targets are those of FuzzTests.
import PackageDescription

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
    .target(name: "CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer",
        .product(name: "HarkRooms", package: "hark"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
        .product(name: "Yams", package: "Yams"),
      ],
      // Settings are a part of the program harkd, and compiled into this one.
      swiftSettings: [.define("FUZZING")],
      // Both libFuzzer and SwiftPM bring a `main`; gold fails at that, lld takes SwiftPM's.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
  ],
  swiftLanguageModes: [.v6]
)
