import Core
import Crypto

extension Safetensors {
  /// Checks every tensor's bytes against the metadata key `hashes`.
  ///
  /// - Parameter areRequired: whether a file without the key is refused. Otherwise it is taken as it
  ///   is: of a trained model the key must be there, or one damaged letter of it would switch the
  ///   check off.
  ///
  /// Throws ``HarkError`` (`corrupt`) that names the tensor or the key. Complexity: O(size).
  func checkHashes(areRequired: Bool) throws(HarkError) {
    guard let text = metadata["hashes"] else {
      guard !areRequired else {
        throw corrupt("the metadata key hashes is missing, which a trained model must have")
      }
      return
    }
    guard let members = JSON(parsing: text.utf8)?.object else {
      throw corrupt("the metadata key hashes is no JSON object")
    }
    for name in members.keys.sorted() where tensors[name] == nil {
      throw corrupt("the tensor \(name) is missing, and the metadata key hashes names it")
    }
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      guard let hash = members[name]?.string.flatMap({ ContentHash(hex: $0) }) else {
        throw corrupt("the metadata key hashes has no SHA-256 of the tensor \(name)")
      }
      var digest = SHA256()
      digest.update(bufferPointer: tensor.bytes)
      guard ContentHash(bytes: Array(digest.finalize())) == hash else {
        throw corrupt("the tensor \(name) does not have the hash that the metadata states")
      }
    }
  }

  /// Checks the metadata against its key `metadata_hash`, where a file has it: labels, say, are in no
  /// tensor's hash.
  ///
  /// Throws ``HarkError`` (`corrupt`). Complexity: O(n log n) in the metadata's bytes.
  func checkMetadataHash() throws(HarkError) {
    guard let text = metadata["metadata_hash"] else { return }
    guard let hash = ContentHash(hex: text) else {
      throw corrupt("the metadata key metadata_hash is no SHA-256")
    }
    guard metadataHash() == hash else {
      throw corrupt("the metadata does not have the hash that its key metadata_hash states")
    }
  }

  /// SHA-256 of all metadata but `metadata_hash`: each key and then its value, in UTF-8 and followed
  /// by a zero byte, in the order of the keys' bytes.
  func metadataHash() -> ContentHash? {
    let entries = metadata.filter { $0.key != "metadata_hash" }
      .map { (key: Array($0.key.utf8), value: Array($0.value.utf8)) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    var bytes: [UInt8] = []
    for entry in entries { bytes += entry.key + [0] + entry.value + [0] }
    var digest = SHA256()
    bytes.withUnsafeBytes { digest.update(bufferPointer: $0) }
    return ContentHash(bytes: Array(digest.finalize()))
  }
}
