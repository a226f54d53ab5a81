// swift-tools-version: 6.2
// Hark listens to the audio files in your folders. ARCHITECTURE.md shows the way through the house.
import PackageDescription

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "Collections", package: "swift-collections")
let configuration = Target.Dependency.product(
  name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(
  name: "UnixSignals", package: "swift-service-lifecycle")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "hark",
  products: [
    .executable(name: "harkd", targets: ["harkd"]),
    .executable(name: "hark-worker", targets: ["hark-worker"]),
    .executable(name: "hark", targets: ["hark"]),
    // What Benchmarks/ measures from within.
    .library(
      name: "HarkPipeline", targets: ["Core", "Audio", "Features", "Embedding", "Pipeline"]),
    .library(name: "HarkFingerprint", targets: ["Core", "Peaks", "Fingerprint"]),
    .library(
      name: "HarkStorage", targets: ["Core", "Fingerprint", "VectorIndex", "Catalogue"]),
    .library(name: "HarkAPI", targets: ["Core", "API"]),
    // What Fuzzing/ gives bytes to.
    .library(
      name: "HarkRooms",
      targets: [
        "Core", "CLinux", "Audio", "Features", "Peaks", "Embedding", "MappedFiles", "Fingerprint",
        "VectorIndex", "Workers", "Library", "API", "Server", "Command", "TestSupport",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(
      url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // System libraries: a module map and a shim each.
    .systemLibrary(
      name: "CSndfile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
    .systemLibrary(name: "CFFTW", pkgConfig: "fftw3", providers: [.apt(["libfftw3-dev"])]),
    .systemLibrary(
      name: "CEbur128", pkgConfig: "libebur128", providers: [.apt(["libebur128-dev"])]),

    // C of our own. CDNNL is the only code that knows oneDNN (Debian's libdnnl-dev).
    .target(name: "CDNNL", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CKernels"),
    .target(name: "CLinux"),
    .target(name: "CTasks"),

    // The way through the house: a room depends only on rooms above it.
    .target(name: "Core", dependencies: [system]),
    .target(name: "Threads", dependencies: ["CLinux", "CTasks", "Core", collections]),
    .target(name: "Audio", dependencies: ["Core", "CSndfile", "CSoxr", "CEbur128", crypto]),
    .target(name: "Features", dependencies: ["Core", "CFFTW"]),
    .target(name: "Peaks", dependencies: ["Core", "Features"]),
    .target(name: "Embedding", dependencies: ["Core", "CDNNL", crypto]),
    .target(name: "Pipeline", dependencies: ["Core", "Audio", "Features", "Peaks", "Embedding"]),
    .target(name: "MappedFiles", dependencies: ["Core", "CKernels", system]),
    .target(
      name: "Fingerprint", dependencies: ["CLinux", "Core", "Threads", "MappedFiles", system]),
    .target(
      name: "VectorIndex",
      dependencies: ["CKernels", "CLinux", "Core", "Threads", "MappedFiles", system]),
    .target(name: "Catalogue", dependencies: ["Core", "VectorIndex", grdb, system]),
    .target(name: "Watching", dependencies: ["Core", "CLinux", "Threads", logging, system]),
    .target(
      name: "Workers", dependencies: ["Core", "CLinux", "Threads", lifecycle, logging, system]),
    .target(
      name: "Library",
      dependencies: [
        "Core", "Threads", "MappedFiles", "Fingerprint", "VectorIndex", "Catalogue", "Watching",
        "Workers", collections, lifecycle, logging, metrics, system,
      ]),
    .target(name: "API", dependencies: ["Core", system]),
    .target(
      name: "Server",
      dependencies: [
        "Core", "CLinux", "Threads", "Library", "API", hummingbird, httpTypes, lifecycle, logging,
        metrics, nioCore, nioExtras, nioHTTP1, nioHTTPTypes, nioPosix, system,
      ]),

    // The command line.
    .target(
      name: "Command",
      dependencies: [
        "Core", "API", "MappedFiles", "Fingerprint", "Workers", argumentParser, logging, nioCore,
        nioHTTP1,
        nioPosix, system,
      ]),

    // Wiring only.
    .executableTarget(
      name: "hark-worker", dependencies: ["Core", "CLinux", "Pipeline", "Workers", system]),
    .executableTarget(
      name: "harkd",
      dependencies: [
        "Core", "CLinux", "Threads", "Library", "Server", "Watching", "Workers", argumentParser,
        configuration, lifecycle, unixSignals, logging, metrics, system, yams,
      ]),
    .executableTarget(name: "hark", dependencies: ["Command"]),

    // Tests mirror rooms.
    .target(
      name: "TestSupport", dependencies: ["Core", "MappedFiles", system], path: "Tests/TestSupport"),
    .testTarget(name: "CoreTests", dependencies: ["Core", "TestSupport"]),
    .testTarget(name: "ThreadsTests", dependencies: ["Threads", "TestSupport"]),
    .testTarget(name: "AudioTests", dependencies: ["Audio", "TestSupport"]),
    .testTarget(name: "FeaturesTests", dependencies: ["Features", "TestSupport"]),
    .testTarget(name: "PeaksTests", dependencies: ["Peaks", "TestSupport"]),
    .testTarget(name: "EmbeddingTests", dependencies: ["Embedding", "TestSupport"]),
    .testTarget(name: "PipelineTests", dependencies: ["Pipeline", "TestSupport"]),
    .testTarget(name: "MappedFilesTests", dependencies: ["MappedFiles", "TestSupport"]),
    .testTarget(
      name: "FingerprintTests",
      dependencies: ["Fingerprint", "MappedFiles", "Peaks", "TestSupport", system]),
    .testTarget(
      name: "VectorIndexTests",
      dependencies: ["VectorIndex", "CKernels", "MappedFiles", "TestSupport"]),
    .testTarget(name: "CatalogueTests", dependencies: ["Catalogue", "TestSupport", grdb]),
    .testTarget(name: "WatchingTests", dependencies: ["Watching", "TestSupport"]),
    .executableTarget(
      name: "hark-test-worker", dependencies: ["Core", "Workers", system], path: "Tests/TestWorker"),
    .testTarget(
      name: "WorkersTests", dependencies: ["Workers", "CLinux", "TestSupport", "hark-test-worker"]),
    .testTarget(name: "LibraryTests", dependencies: ["Library", "TestSupport", logging]),
    .testTarget(name: "APITests", dependencies: ["API", "TestSupport"]),
    .testTarget(name: "ServerTests", dependencies: ["Server", "TestSupport"]),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Command", "API", "TestSupport", "hark", argumentParser, nioCore, nioHTTP1, nioPosix,
        system,
      ]),
    .testTarget(name: "HarkdTests", dependencies: ["harkd", "TestSupport"]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "Core", "CLinux", "Audio", "Features", "Peaks", "Embedding", "MappedFiles", "Fingerprint",
        "VectorIndex", "Workers", "Library", "API", "Server", "Command", "harkd", "TestSupport",
        lifecycle, logging, system,
      ], exclude: ["Corpus"]),
    .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"]),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "TestSupport", "Core", "VectorIndex", "Fingerprint", "Catalogue", "API", "harkd",
        "hark-worker", "hark", system,
      ]),
  ],
  swiftLanguageModes: [.v6]
)
