import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("A model file is read strictly")
struct ModelFileTests {
  @Test("A sound file tells what it is")
  func sound() throws {
    var small = try SmallModel()
    small.writer.metadata["labels"] = #"["bell","\u00e9tude \ud83d\ude00"]"#
    small.writer.add("tags.weight", shape: [2, 128], [Float](repeating: 0.5, count: 256))
    small.writer.add("tags.bias", shape: [2], [0, 1])
    let model = try small.read()
    #expect(model.architecture == .vggishHark)
    #expect(model.pooling == .mean)
    #expect(model.frontEnd == .vggish)
    #expect(model.info.name == "formula")
    #expect(model.info.labels == ["bell", "étude 😀"])
    #expect(!model.info.isTrained)
    #expect(!model.isCalibrated)
    #expect(model.info.id == model.id.description)
  }

  @Test("The shipped model loads, trained, calibrated and with tags")
  func shipped() throws {
    let model = try ModelFile(path: ShippedModel.path)
    #expect(model.info.isTrained)
    #expect(model.isCalibrated)
    #expect(model.architecture == .vggishHark)
    #expect(model.info.labels.count == 521 && model.tags?.labels == model.info.labels)
    let size = try FileManager.default.attributesOfItem(atPath: ShippedModel.path.string)[.size]
    #expect(try #require(size as? Int) < 10_000_000)
  }

  @Test("The id is the file's SHA-256")
  func identity() throws {
    let small = try SmallModel()
    let model = try small.read()
    #expect(try Self.sums(of: [small.url]) == [model.id.description])
  }

  /// What coreutils says that the files' SHA-256 are.
  private static func sums(of files: [URL]) throws -> [String] {
    let directory = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = files.map(\.path)
    let output = directory("sums")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
    return lines.map { String($0.prefix { $0 != " " }) }
  }

  private static func sums(of entries: [SafetensorsWriter.Entry]) throws -> [String: String] {
    let directory = try TemporaryDirectory()
    for entry in entries { try entry.bytes.write(to: directory(entry.name)) }
    let sums = try sums(of: entries.map { directory($0.name) })
    return Dictionary(uniqueKeysWithValues: zip(entries.map(\.name), sums))
  }

  @Test("What is wrong with a tensor is said with its name")
  func tensors() throws {
    let small = try SmallModel()
    func refusal(_ change: (inout SafetensorsWriter) -> Void) throws -> String {
      var changed = small
      change(&changed.writer)
      return try changed.refusal()
    }
    func zeros(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }

    #expect(try refusal { $0.remove("conv3_1.bias") }.contains("conv3_1.bias is missing"))
    #expect(
      try refusal { $0.add("conv2.bias", shape: [7], zeros(7)) }
        .contains("conv2.bias has the shape 7, not 6"))
    #expect(
      try refusal { $0.add("conv2.weight", shape: [6, 5, 3, 3], zeros(270)) }
        .contains("conv2.weight has the shape 6 × 5 × 3 × 3, not any × 4 × 3 × 3"))
    #expect(
      try refusal { $0.add("embedding.weight", shape: [64, 96], zeros(6144)) }
        .contains("embedding.weight has the shape 64 × 96, not 128 × 96"))
    #expect(
      try refusal { $0.add("conv1.weight", shape: [0, 1, 3, 3], []) }
        .contains("conv1.weight has 0 rows"))
    for bad in [Float.nan, .infinity, -.infinity] {
      #expect(
        try refusal { $0.add("conv1.bias", shape: [4], [0, bad, 0, 0]) }
          .contains("conv1.bias holds a value that is not a finite number"))
    }
    #expect(
      try refusal {
        $0.add("conv1.bias", type: "F16", shape: [4], bytes: Data([0, 0, 0, 0x7c, 0, 0, 0, 0]))
      }.contains("conv1.bias holds a value"))
    #expect(
      try refusal {
        $0.add("conv1.bias", type: "BF16", shape: [4], bytes: Data([0, 0, 0x80, 0x7f, 0, 0, 0, 0]))
      }.contains("conv1.bias holds a value"))
    #expect(
      try refusal { $0.add("conv1.bias", shape: [4], codes: [1, 2, 3, 4]) }
        .contains("conv1.bias has the type I8"))
    let codes = [Int8](repeating: 1, count: 36)
    #expect(
      try refusal { $0.add("conv1.weight", shape: [4, 1, 3, 3], codes: codes) }
        .contains("conv1.weight_scale is missing"))
    #expect(
      try refusal {
        $0.add("conv1.weight", shape: [4, 1, 3, 3], codes: codes)
        $0.add("conv1.weight_scale", shape: [4], [1, 1, 0, 1])
      }.contains("conv1.weight_scale is not positive"))
    #expect(
      try refusal { $0.add("conv2.activation_limit", shape: [1], [1]) }
        .contains("some convolutions have an activation_limit"))
    #expect(
      try refusal { $0.add("conv2.activation_limit", shape: [1], [-1]) }
        .contains("conv2.activation_limit is not positive"))
    #expect(
      try refusal {
        $0.metadata["labels"] = #"["a","b","c"]"#
        $0.add("tags.weight", shape: [2, 128], zeros(256))
        $0.add("tags.bias", shape: [2], zeros(2))
      }.contains("tags.weight has the shape 2 × 128, not 3 × 128"))
    #expect(
      try refusal { $0.metadata["labels"] = #"["a"]"# }.contains("tags.weight is missing"))
  }

  @Test("A tensor that does not have its hash is named")
  func hashes() throws {
    let small = try SmallModel()
    let sums = try Self.sums(of: small.writer.entries)
    func refusal(_ change: (inout SafetensorsWriter, inout [String: String]) -> Void) throws
      -> String
    {
      var changed = small
      var hashes = sums
      change(&changed.writer, &hashes)
      let text = try JSONEncoder().encode(hashes)
      changed.writer.metadata["hashes"] = String(decoding: text, as: UTF8.self)
      return try changed.refusal()
    }
    #expect(try refusal { _, _ in } == "it was accepted")
    #expect(
      try refusal { writer, _ in writer.add("conv1.bias", shape: [4], [0, 0, 0, 1]) }
        .contains("the tensor conv1.bias does not have the hash"))
    #expect(
      try refusal { _, hashes in hashes["conv2.weight"] = hashes["conv1.weight"] }
        .contains("the tensor conv2.weight does not have the hash"))
    #expect(
      try refusal { _, hashes in hashes["conv2.weight"] = nil }
        .contains("no SHA-256 of the tensor conv2.weight"))
    #expect(
      try refusal { _, hashes in hashes["conv2.bias"] = "12" }
        .contains("no SHA-256 of the tensor conv2.bias"))
    #expect(
      try refusal { _, hashes in hashes["extra"] = hashes["conv1.bias"] }
        .contains("the tensor extra is missing"))
    var bad = small
    bad.writer.metadata["hashes"] = "[]"
    #expect(try bad.refusal().contains("hashes is no JSON object"))
  }

  @Test("What is wrong with the metadata is said with its key")
  func metadata() throws {
    let small = try SmallModel()
    func refusal(_ key: String, _ value: String?) throws -> String {
      var changed = small
      changed.writer.metadata[key] = value
      return try changed.refusal()
    }
    #expect(try refusal("format", nil).contains("is not a model of Hark's"))
    #expect(try refusal("format", "hark-model-2").contains("use a newer Hark"))
    #expect(try refusal("architecture", "resnet").contains("architecture is resnet"))
    #expect(try refusal("architecture", nil).contains("architecture is missing"))
    #expect(try refusal("architecture", "vggish").contains("fc1_1.weight is missing"))
    #expect(try refusal("pooling", "max").contains("pooling is max"))
    #expect(try refusal("postprocessing", "pca").contains("needs the vggish head"))
    #expect(try refusal("front_end", "{}").contains("front_end is malformed"))
    let other = FormulaModel.metadata["front_end"]?.replacingOccurrences(of: "7500", with: "8000")
    #expect(try refusal("front_end", other).contains("another front end"))
    #expect(try refusal("trained", "perhaps").contains("trained says perhaps"))
    #expect(try refusal("labels", "bell").contains("labels is no JSON array"))
    #expect(try refusal("labels", "[1]").contains("no name"))
    #expect(try refusal("labels", #"["a","a"]"#).contains("twice"))
    #expect(try refusal("name", nil).contains("name is missing"))
  }

  @Test("A path that is no file is named")
  func paths() throws {
    let directory = try TemporaryDirectory()
    let missing = try SmallModel.refusal(of: directory("none"))
    #expect(missing.contains("cannot open the model file \(directory.path)/none"))
    #expect(try SmallModel.refusal(of: directory.url).contains("not a regular file"))
    let empty = directory("empty")
    try Data().write(to: empty)
    #expect(try SmallModel.refusal(of: empty).contains("is empty"))
  }
}
