import Core

/// A keyed container that, in a request, refuses keys which are not known. `null` is never taken for
/// an absent key.
struct StrictContainer<Key: CodingKey & CaseIterable> {
  private let container: KeyedDecodingContainer<Key>

  init(_ decoder: any Decoder, keyedBy: Key.Type) throws {
    container = try decoder.container(keyedBy: Key.self)
    guard let mark = WireJSON.isRequest, decoder.userInfo[mark] as? Bool == true else { return }
    let present = try decoder.container(keyedBy: AnyKey.self)
    let known = Set(Key.allCases.map(\.stringValue))
    for key in present.allKeys.sorted(by: { $0.stringValue < $1.stringValue })
    where !known.contains(key.stringValue) {
      throw HarkError(
        .invalidArgument,
        "\(WireJSON.place(decoder.codingPath + [key])) is not a key that is known here",
        remedy: "known keys: \(Key.allCases.map(\.stringValue).sorted().joined(separator: ", "))")
    }
  }

  func required<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value {
    try container.decode(type, forKey: key)
  }

  func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    container.contains(key) ? try container.decode(type, forKey: key) : nil
  }

  /// A whole number, also one that is written `3.0`. The decoder itself does not name the key of a
  /// number that has a fraction or is too large.
  func wholeNumber(_ key: Key) throws -> Int? {
    guard let value = try optional(Double.self, key) else { return nil }
    guard let whole = Int(exactly: value) else {
      let place = WireJSON.place(container.codingPath + [key])
      throw HarkError(
        .invalidArgument, "\(place) must be a whole number",
        remedy: "/openapi.json describes what is accepted")
    }
    return whole
  }

  private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
