// swift-tools-version: 6.2
// Speed and memory of Hark, as figures: README.md here has them, `make bench` makes them.
import PackageDescription

let package = Package(
  name: "hark-benchmarks",
  dependencies: [
    .package(name: "hark", path: ".."),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .target(name: "CAffinity"),
    .target(name: "CPeaks"),
    .executableTarget(
      name: "bench",
      dependencies: [
        "CAffinity", "CPeaks",
        .product(name: "HarkPipeline", package: "hark"),
        .product(name: "HarkStorage", package: "hark"),
        .product(name: "HarkAPI", package: "hark"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      // Everything happens on the main thread, one thing at a time, so that nothing disturbs it.
      swiftSettings: [.defaultIsolation(MainActor.self)]),
    // Names excerpts on all cores; Benchmarks/identify makes them and scores the answers.
    .executableTarget(
      name: "identify",
      dependencies: [
        .product(name: "HarkFingerprint", package: "hark"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Runs the network alone; Benchmarks/network asks other programs the same.
    .executableTarget(
      name: "network",
      dependencies: [
        .product(name: "HarkPipeline", package: "hark"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Searches the vectors that Benchmarks/search makes, beside its peers.
    .executableTarget(
      name: "search",
      dependencies: [
        .product(name: "HarkStorage", package: "hark"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    // Finds copies in a library that Benchmarks/duplicates makes, and scores what it found.
    .executableTarget(
      name: "duplicates", dependencies: [.product(name: "HarkFingerprint", package: "hark")]),
  ],
  swiftLanguageModes: [.v6]
)
