import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("Models made by the recipes")
struct RecipeTests {
  /// A Python that has NumPy (Debian's python3-numpy belongs to /usr/bin/python3).
  private static func python() throws -> String {
    let candidates = ["/usr/bin/python3", "/usr/local/bin/python3"]
    return try #require(
      candidates.first { FileManager.default.isExecutableFile(atPath: $0) && hasNumPy($0) },
      "no Python with NumPy: install python3-numpy")
  }

  private static func hasNumPy(_ python: String) -> Bool {
    (try? run(python, ["-c", "import numpy"]))?.status == 0
  }

  private static func run(
    _ program: String, _ arguments: [String]
  ) throws -> (status: Int32, output: String) {
    let directory = try TemporaryDirectory()
    let log = directory("log")
    _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    let handle = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: log, encoding: .utf8))
  }

  @Test("The recipes pass their own tests, and NumPy computes the embeddings that oneDNN does")
  func recipes() throws {
    let directory = try TemporaryDirectory()
    let script = Golden.repository.appendingPathComponent("Models/tests/test_models.py").path
    let result = try Self.run(Self.python(), ["-B", script, "--keep", directory.path])
    try #require(result.status == 0, "\(result.output)")

    func embed(_ model: String, _ patches: String) throws -> [[Float]] {
      let model = try ModelFile(path: FilePath(directory("\(model).safetensors").path))
      return try Embedder(model: model, precision: .f32)
        .embed(NPYArray(directory("\(patches).npy")).values)
    }

    // A converted network with the original's head.
    let original = try embed("v1.ckpt", "patches")
    let expected = try NPYArray(directory("embeddings.npy"))
    #expect(original.count == expected.shape[0])
    #expect(relativeError(original.flatMap(\.self)[...], expected.values[...]) < 1e-4)

    // The same through PCA, clipping and 8-bit codes: rounding may land on the next code.
    let codes = try NPYArray(directory("pca-codes.npy")).values
    let processed = try embed("pca.ckpt", "patches").flatMap(\.self).map { ($0 + 2) * 255 / 4 }
    #expect(processed.count == codes.count)
    #expect(zip(processed, codes).allSatisfy { abs($0 - $1) < 1.01 })
    #expect(zip(processed, codes).count { abs($0 - $1) < 0.01 } > codes.count * 99 / 100)

    // A narrow untrained network with Hark's head and 8-bit weights.
    let narrow = try embed("untrained", "untrained-patches")
    let wanted = try NPYArray(directory("untrained-embeddings.npy"))
    #expect(relativeError(narrow.flatMap(\.self)[...], wanted.values[...]) < 1e-4)
  }
}
