import Core
import Crypto

extension Safetensors {
  /// Checks every tensor's bytes against the metadata key `hashes`, where a file has it.
  ///
  /// Throws ``HarkError`` (`corrupt`) that names the tensor. Complexity: O(size).
  func checkHashes() throws(HarkError) {
    guard let text = metadata["hashes"] else { return }
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
}
