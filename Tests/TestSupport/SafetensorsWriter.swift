import Foundation

/// Writes safetensors files for tests, independently of the reader.
public struct SafetensorsWriter: Sendable {
  public struct Entry: Sendable {
    public var name: String
    public var type: String
    public var shape: [Int]
    public var bytes: Data
  }

  public var metadata: [String: String] = [:]
  public private(set) var entries: [Entry] = []

  public init() {}

  public mutating func add(_ name: String, type: String, shape: [Int], bytes: Data) {
    entries.removeAll { $0.name == name }
    entries.append(Entry(name: name, type: type, shape: shape, bytes: bytes))
  }

  public mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
    precondition(shape.reduce(1, *) == values.count)
    add(name, type: "F32", shape: shape, bytes: values.withUnsafeBytes { Data($0) })
  }

  public mutating func add(_ name: String, shape: [Int], codes: [Int8]) {
    add(name, type: "I8", shape: shape, bytes: codes.withUnsafeBytes { Data($0) })
  }

  public mutating func remove(_ name: String) { entries.removeAll { $0.name == name } }

  /// The header's JSON, padded with spaces to a multiple of eight bytes.
  public func header() -> Data {
    var members: [String] = []
    if !metadata.isEmpty { members.append("\"__metadata__\":\(Self.json(metadata))") }
    var offset = 0
    for entry in sorted {
      let end = offset + entry.bytes.count
      members.append(
        "\(Self.json(entry.name)):{\"dtype\":\"\(entry.type)\",\"shape\":\(entry.shape),"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var text = "{" + members.joined(separator: ",") + "}"
    while text.utf8.count % 8 != 0 { text += " " }
    return Data(text.utf8)
  }

  public func write(to url: URL) throws { try Self.write(header: header(), body: sorted, to: url) }

  /// With a header of the test's own making.
  public func write(header: String, to url: URL) throws {
    var text = header
    while text.utf8.count % 8 != 0 { text += " " }
    try Self.write(header: Data(text.utf8), body: sorted, to: url)
  }

  /// Wider elements first, so that every tensor is aligned.
  private var sorted: [Entry] {
    let size = ["F32": 0, "F16": 1, "BF16": 1]
    return entries.enumerated().sorted {
      (size[$0.element.type] ?? 2, $0.offset) < (size[$1.element.type] ?? 2, $1.offset)
    }.map(\.element)
  }

  private static func write(header: Data, body: [Entry], to url: URL) throws {
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    let handle = try FileHandle(forWritingTo: url)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
    try handle.write(contentsOf: length + header)
    for entry in body { try handle.write(contentsOf: entry.bytes) }
    try handle.close()
  }

  private static func json(_ value: some Encodable) -> String {
    let data = try? JSONEncoder().encode(value)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}
