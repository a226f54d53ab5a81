import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("What a model says of itself is checked")
struct ModelHashTests {
  /// The entries and the hash that Models/tests/test_models.py holds, too.
  private static let entries = [
    "name": "hark", "labels": #"["étude","😀"]"#, "B": "", "é": "1", "a.b": "2",
  ]
  private static let hash = "8836c6c492e25271d62a269ee2bdb4a838e009de99cc519385aec4c3b4706700"

  @Test("The metadata's hash is the one that the recipes write")
  func metadataHash() throws {
    let directory = try TemporaryDirectory()
    var writer = SafetensorsWriter()
    writer.add("a", shape: [1], [0])
    for more in [[:], ["metadata_hash": Self.hash]] {
      writer.metadata = Self.entries.merging(more) { $1 }
      try writer.write(to: directory("m"))
      let file = try Safetensors(path: FilePath(directory("m").path))
      #expect(file.metadataHash()?.description == Self.hash)
      try file.checkMetadataHash()
    }
    writer.metadata["labels"] = #"["étude","😁"]"#
    try writer.write(to: directory("m"))
    let changed = try Safetensors(path: FilePath(directory("m").path))
    #expect(throws: HarkError.self) { try changed.checkMetadataHash() }
  }

  @Test("Metadata that does not have its hash is refused")
  func changedMetadata() throws {
    var small = try SmallModel()
    small.writer.metadata["licence"] = "GPL-3.0-or-later"
    try small.writer.write(to: small.url)
    let hash = try Safetensors(path: FilePath(small.url.path)).metadataHash()
    small.writer.metadata["metadata_hash"] = try #require(hash).description
    #expect(try small.refusal() == "it was accepted")
    var other = small
    other.writer.metadata["licence"] = "GPL-3.0-or-later?"
    #expect(try other.refusal().contains("the metadata does not have the hash"))
    other = small
    other.writer.metadata["note"] = "a key that nobody reads"
    #expect(try other.refusal().contains("the metadata does not have the hash"))
    other = small
    other.writer.metadata["metadata_hash"] = "12"
    #expect(try other.refusal().contains("metadata_hash is no SHA-256"))
  }

  @Test("A trained model has hashes")
  func trained() throws {
    var small = try SmallModel()
    #expect(try small.refusal() == "it was accepted")
    small.writer.metadata["trained"] = "true"
    #expect(try small.refusal().contains("the metadata key hashes is missing"))

    // A letter of the shipped model's key, changed.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: ShippedModel.path.string))
    let key = try #require(bytes.range(of: Data("\"hashes\"".utf8)))
    bytes[key.lowerBound + 1] = UInt8(ascii: "b")
    try bytes.write(to: small.url)
    #expect(
      try SmallModel.refusal(of: small.url).contains("the metadata key hashes is missing"))
  }

  @Test("A tensor that the architecture does not know is named")
  func unknownTensors() throws {
    for name in ["conv5.bias", "embedding.wieght", "fc2.bias", "pca.means", "bias"] {
      var small = try SmallModel()
      small.writer.add(name, shape: [1], [0])
      #expect(try small.refusal().contains("the architecture knows no tensor \(name)"))
    }
  }

  @Test("A network that makes nothing of a sound is refused")
  func silentNetwork() throws {
    func refusal(_ change: (inout SafetensorsWriter) -> Void) throws -> String {
      var small = try SmallModel()
      change(&small.writer)
      let model = try small.read()
      let error = #expect(throws: HarkError.self) { try Embedder(model: model, precision: .f32) }
      #expect(error?.code == .corrupt)
      return error?.description ?? "it was accepted"
    }
    func same(_ value: Float, _ count: Int) -> [Float] { [Float](repeating: value, count: count) }
    let silent = try refusal {
      $0.add("embedding.weight", shape: [128, 96], same(0, 128 * 96))
      $0.add("embedding.bias", shape: [128], same(0, 128))
    }
    #expect(silent.contains("small.safetensors") && silent.contains("nothing but zeros"))
    #expect(silent.contains("embedding.weight"))
    let endless = try refusal {
      $0.add("conv4_2.bias", shape: [12], same(1e30, 12))
      $0.add("embedding.weight", shape: [128, 96], same(3e38, 128 * 96))
    }
    #expect(endless.contains("not finite") && endless.contains("embedding.weight"))
  }
}
