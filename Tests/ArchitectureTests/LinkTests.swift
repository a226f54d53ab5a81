import Foundation
import Testing

/// Only `hark-worker` parses audio: what serves or asks links no decoder and no network.
@Suite struct LinkTests {
  /// Where SwiftPM puts the programs: beside the test bundle that runs now.
  private static let products = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent()

  private static let analysis = ["libsndfile", "libfftw3", "libsoxr", "libdnnl", "libebur128"]

  private static func libraries(of program: String) throws -> String {
    let path = products.appendingPathComponent(program).path
    try #require(
      FileManager.default.isExecutableFile(atPath: path), "\(path) is not built; run `make test`")
    let outcome = try Tool.run("ldd", [path])
    try #require(outcome.status == 0, "ldd \(path): \(outcome.output)")
    return outcome.output
  }

  @Test(arguments: ["harkd", "hark"]) func linksNoDecoderAndNoNetwork(program: String) throws {
    let linked = try Self.libraries(of: program)
    #expect(linked.contains("libc.so"))
    for library in Self.analysis {
      #expect(!linked.contains(library), "\(program) links \(library)")
    }
  }

  /// Without this the test above could pass because it looks for the wrong names.
  @Test func workerLinksThemAll() throws {
    let linked = try Self.libraries(of: "hark-worker")
    for library in Self.analysis {
      #expect(linked.contains(library), "hark-worker does not link \(library)")
    }
  }
}
