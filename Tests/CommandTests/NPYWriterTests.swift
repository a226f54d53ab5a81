import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct NPYWriterTests {
  private func row(_ random: inout SplitMix64) -> [Float] { random.vector(Embedding.dimension) }

  @Test(arguments: [0, 1, 3, 1500])
  func readsBack(_ count: Int) throws {
    let directory = try TemporaryDirectory()
    var random = SplitMix64(seed: 5)
    let rows = (0..<count).map { _ in row(&random) }
    let url = directory("out.npy")
    var writer = try NPYWriter(FilePath(url.path))
    for row in rows { try writer.append(row) }
    #expect(!FileManager.default.fileExists(atPath: url.path))
    try writer.finish()
    let array = try NPYArray(url)
    #expect(array.shape == [count, Embedding.dimension])
    #expect(array.values == rows.flatMap { $0 })
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["out.npy"])
  }

  /// NumPy's own reader is the judge.
  @Test func numpyReadsTheSame() throws {
    let directory = try TemporaryDirectory()
    var random = SplitMix64(seed: 9)
    let rows = (0..<17).map { _ in row(&random) }
    let url = directory("out.npy")
    var writer = try NPYWriter(FilePath(url.path))
    for row in rows { try writer.append(row) }
    try writer.finish()
    let script = """
      import sys
      try:
          import numpy
      except ImportError:
          sys.exit(3)
      a = numpy.load(sys.argv[1], mmap_mode="r", allow_pickle=False)
      print(a.dtype.str, a.shape, a.flags.c_contiguous, repr(float(a.astype("f8").sum())))
      """
    guard let text = try Python.run(script, [url.path]) else { return }
    let sum = rows.joined().reduce(0.0) { $0 + Double($1) }
    let words = text.split(separator: " ")
    #expect(text.hasPrefix("<f4 (17, 128) True "))
    #expect(abs((words.last.flatMap { Double($0.dropLast()) } ?? .nan) - sum) < 1e-9)
  }

  @Test func whatIsNotFinishedLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    let url = directory("out.npy")
    try Data("old".utf8).write(to: url)
    do {
      var random = SplitMix64(seed: 1)
      var writer = try NPYWriter(FilePath(url.path))
      try writer.append(row(&random))
    }
    #expect(try Data(contentsOf: url) == Data("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["out.npy"])
  }

  @Test func linksAndPermissionsAreKept() throws {
    let directory = try TemporaryDirectory()
    let target = directory("target.npy").path
    try Data().write(to: directory("target.npy"))
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: target)
    try FileManager.default.createSymbolicLink(
      atPath: directory("link.npy").path, withDestinationPath: target)
    let writer = try NPYWriter(FilePath(directory("link.npy").path))
    try writer.finish()
    #expect(try NPYArray(directory("target.npy")).shape == [0, Embedding.dimension])
    let attributes = try FileManager.default.attributesOfItem(atPath: target)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: directory("link.npy").path)
        == target)
  }

  @Test func placesThatTakeNoFileAreNamed() throws {
    let directory = try TemporaryDirectory()
    func code(_ path: String) -> HarkError.Code? {
      do throws(HarkError) {
        let writer = try NPYWriter(FilePath(path))
        try writer.finish()
        return nil
      } catch {
        #expect(error.message.contains(path))
        return error.code
      }
    }
    #expect(code(directory.path) == .invalidArgument)
    #expect(code(directory("none/out.npy").path) == .notFound)
  }
}
