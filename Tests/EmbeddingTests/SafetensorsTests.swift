import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("The safetensors reader")
struct SafetensorsTests {
  /// Two tensors of 8 bytes each, with a header of the test's own.
  private func read(_ header: String) throws -> String {
    let directory = try TemporaryDirectory()
    let url = directory("t.safetensors")
    var writer = SafetensorsWriter()
    writer.add("a", shape: [2], [1, 2])
    writer.add("b", shape: [2], [3, 4])
    try writer.write(header: header, to: url)
    do throws(HarkError) {
      let file = try Safetensors(path: FilePath(url.path))
      return file.tensors.keys.sorted().map {
        "\($0)=\(file.tensors[$0]?.floats() ?? [])"
      }.joined(separator: " ")
    } catch { return error.description }
  }

  private func entry(
    _ name: String, _ from: Int, _ to: Int, type: String = "F32", shape: String = "[2]"
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(from),\(to)]}"
  }

  @Test("Offsets must cover the file exactly")
  func offsets() throws {
    #expect(try read("{\(entry("a", 0, 8)),\(entry("b", 8, 16))}") == "a=[1.0, 2.0] b=[3.0, 4.0]")
    #expect(try read("{\(entry("a", 0, 8))}").contains("8 bytes at its end"))
    #expect(try read("{\(entry("a", 8, 16))}").contains("a leaves a hole"))
    #expect(
      try read("{\(entry("a", 0, 8)),\(entry("b", 0, 8))}").contains("overlaps another"))
    #expect(
      try read("{\(entry("a", 0, 8)),\(entry("b", 8, 24))}").contains("b lies outside"))
    #expect(
      try read("{\(entry("a", 8, 0)),\(entry("b", 8, 16))}").contains("a lies outside"))
    #expect(
      try read("{\(entry("a", 0, 8, shape: "[3]")),\(entry("b", 8, 16))}")
        .contains("a has 8 bytes where its shape needs 12"))
    #expect(
      try read("{\(entry("a", 0, 2, type: "F16", shape: "[1]")),\(entry("b", 2, 10))}")
        .contains("b is not aligned"))
  }

  @Test("Sizes that overflow, fractions and negative numbers are refused")
  func numbers() throws {
    let rest = entry("b", 8, 16)
    #expect(
      try read("{\(entry("a", 0, 8, shape: "[4294967296,4294967296]")),\(rest)}")
        .contains("a claims too many values"))
    #expect(
      try read("{\(entry("a", 0, 8, shape: "[2.5]")),\(rest)}").contains("a has a malformed shape"))
    #expect(
      try read("{\(entry("a", 0, 8, shape: "[-2]")),\(rest)}").contains("malformed shape"))
    #expect(try read("{\(entry("a", -8, 0)),\(rest)}").contains("a has a malformed entry"))
    #expect(
      try read("{\(entry("a", 0, 8, type: "F64")),\(rest)}").contains("a has the type F64"))
    #expect(try read("{\"a\":3,\(rest)}").contains("a has a malformed entry"))
    #expect(try read("{\"__metadata__\":{\"k\":1},\(rest)}").contains("key k is not a string"))
  }

  @Test("A header must be one JSON object without repeated names")
  func headers() throws {
    for header in [
      "", "[]", "{", "{}x", "{\(entry("a", 0, 8)),\(entry("a", 8, 16))}", "{\"a\":}", "{\"a\":1,}",
      "{\"\\ud800\":1}", "{\"a\":+1}", "{\"a\":01e}", "{\"a\":nul}", "{'a':1}",
      String(repeating: "[", count: 100_000),
    ] {
      #expect(try read(header).contains("its header"), "\(header.prefix(60))")
    }
  }

  @Test("A file cut anywhere is refused, never read past its end")
  func truncation() throws {
    let small = try SmallModel()
    try small.writer.write(to: small.url)
    let whole = try Data(contentsOf: small.url)
    var generator = SplitMix64(seed: 3)
    var lengths = [1, 7, 8, 9, 100, whole.count - 1]
    for _ in 0..<40 { lengths.append(Int.random(in: 1..<whole.count, using: &generator)) }
    for length in lengths {
      try whole.prefix(length).write(to: small.url)
      #expect(try SmallModel.refusal(of: small.url).contains("cannot use the model"))
    }
    for claimed in [UInt64.max, 1 << 62, UInt64(whole.count), 0, 1] {
      var bytes = whole
      withUnsafeBytes(of: claimed.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
      try bytes.write(to: small.url)
      #expect(try SmallModel.refusal(of: small.url).contains("its header"))
    }
  }

  @Test("A header with any byte changed is refused or read, never a crash")
  func corruption() throws {
    let small = try SmallModel()
    try small.writer.write(to: small.url)
    let whole = try Data(contentsOf: small.url)
    let header = Int(whole.prefix(8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    var generator = SplitMix64(seed: 4)
    for _ in 0..<200 {
      var bytes = whole
      let position = Int.random(in: 0..<8 + header, using: &generator)
      bytes[position] = UInt8.random(in: 0...255, using: &generator)
      try bytes.write(to: small.url)
      _ = try SmallModel.refusal(of: small.url)
    }
  }

  @Test("Half precision and bfloat16 are widened exactly")
  func halves() throws {
    let directory = try TemporaryDirectory()
    let url = directory("h.safetensors")
    let values: [Float] = [0, 1, -2, 0.5, 65504, 6.103_515_6e-05, 5.960_464_5e-08, -0.333_251_95]
    var writer = SafetensorsWriter()
    let halves = values.map { Float16($0).bitPattern }
    writer.add("h", type: "F16", shape: [8], bytes: halves.withUnsafeBytes { Data($0) })
    let brain: [Float] = [1, -3, 1.5, 3.389_531_4e38]
    let bits = brain.map { UInt16($0.bitPattern >> 16) }
    writer.add("b", type: "BF16", shape: [2, 2], bytes: bits.withUnsafeBytes { Data($0) })
    try writer.write(to: url)
    let file = try Safetensors(path: FilePath(url.path))
    #expect(try file.tensor("h").floats() == values)
    #expect(try file.tensor("b").floats() == brain)
    #expect(try file.tensor("b").shape == [2, 2])
  }
}
