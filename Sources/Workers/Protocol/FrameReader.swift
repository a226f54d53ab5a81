import Core

/// Takes one frame apart. Nothing that the bytes say is believed before it is checked; what breaks
/// the protocol throws ``MalformedFrame``.
struct FrameReader {
  let kind: Frame.Kind
  let request: UInt32
  private var rest: ArraySlice<UInt8>

  /// `packet` is one whole packet.
  init(_ packet: [UInt8]) throws(MalformedFrame) {
    guard packet.count >= Frame.headerSize, packet.count <= Frame.maximumSize else {
      throw MalformedFrame("a packet of \(packet.count) bytes")
    }
    rest = packet[...]
    // Fields are read through `self`, whose constants need a first value.
    var header = Cursor(rest: rest)
    guard try header.integer(UInt32.self) == Frame.magic else {
      throw MalformedFrame("no magic number")
    }
    let version = try header.integer(UInt16.self)
    guard version == Frame.version else {
      throw MalformedFrame("protocol version \(version), expected \(Frame.version)")
    }
    let rawKind = try header.integer(UInt16.self)
    guard let kind = Frame.Kind(rawValue: rawKind) else {
      throw MalformedFrame("unknown kind \(rawKind)")
    }
    self.kind = kind
    request = try header.integer(UInt32.self)
    let length = try header.integer(UInt32.self)
    rest = header.rest
    guard rest.count == Int(length) else {
      throw MalformedFrame("\(rest.count) payload bytes, \(length) stated")
    }
  }

  /// Throws unless the payload is used up.
  func end() throws(MalformedFrame) {
    guard rest.isEmpty else { throw MalformedFrame("\(rest.count) bytes too many") }
  }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(MalformedFrame)
    -> Value
  {
    var cursor = Cursor(rest: rest)
    let value = try cursor.integer(type)
    rest = cursor.rest
    return value
  }

  /// An integer that counts or measures, at most `limit`.
  mutating func count<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type, atMost limit: Int, of what: String
  ) throws(MalformedFrame) -> Int {
    let value = try integer(type)
    guard value <= UInt64(limit) else { throw MalformedFrame("\(value) \(what)") }
    return Int(value)
  }

  mutating func bool() throws(MalformedFrame) -> Bool {
    switch try integer(UInt8.self) {
    case 0: return false
    case 1: return true
    case let other: throw MalformedFrame("truth value \(other)")
    }
  }

  /// A finite number.
  mutating func double() throws(MalformedFrame) -> Double {
    let value = Double(bitPattern: try integer(UInt64.self))
    guard value.isFinite else { throw MalformedFrame("a number that is not finite") }
    return value
  }

  mutating func float() throws(MalformedFrame) -> Float {
    Float(bitPattern: try integer(UInt32.self))
  }

  mutating func hash() throws(MalformedFrame) -> ContentHash {
    guard let hash = ContentHash(bytes: try take(ContentHash.byteCount)) else {
      throw MalformedFrame("a hash of the wrong length")
    }
    return hash
  }

  mutating func codes(_ count: Int) throws(MalformedFrame) -> [Int8] {
    try take(count).withUnsafeBytes { Array($0.bindMemory(to: Int8.self)) }
  }

  mutating func text() throws(MalformedFrame) -> String {
    let length = try count(UInt16.self, atMost: Frame.maximumText, of: "bytes of text")
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw MalformedFrame("text that is not UTF-8")
    }
    return text
  }

  mutating func optionalText() throws(MalformedFrame) -> String? {
    try bool() ? try text() : nil
  }

  private mutating func take(_ count: Int) throws(MalformedFrame) -> ArraySlice<UInt8> {
    var cursor = Cursor(rest: rest)
    let slice = try cursor.take(count)
    rest = cursor.rest
    return slice
  }

  private struct Cursor {
    var rest: ArraySlice<UInt8>

    mutating func take(_ count: Int) throws(MalformedFrame) -> ArraySlice<UInt8> {
      guard rest.count >= count else {
        throw MalformedFrame("\(rest.count) bytes where \(count) were due")
      }
      let slice = rest.prefix(count)
      rest = rest.dropFirst(count)
      return slice
    }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type) throws(MalformedFrame) -> Value {
      let slice = try take(MemoryLayout<Value>.size)
      return slice.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(as: Value.self)) }
    }
  }
}
