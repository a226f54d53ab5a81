import Core

/// Builds one frame, payload field by field.
struct FrameWriter {
  private(set) var bytes: [UInt8]

  init(_ kind: Frame.Kind, request: UInt32) {
    bytes = []
    put(Frame.magic)
    put(Frame.version)
    put(kind.rawValue)
    put(request)
    put(UInt32(0))
  }

  /// The whole frame, its length filled in.
  consuming func finish() -> [UInt8] {
    let count = UInt32(bytes.count - Frame.headerSize)
    precondition(count <= Frame.maximumPayload, "a frame's fields are bounded to fit")
    for index in 0..<4 { bytes[12 + index] = UInt8(truncatingIfNeeded: count >> (8 * index)) }
    return bytes
  }

  /// Bytes that still fit.
  var room: Int { Frame.maximumSize - bytes.count }

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Float) { put(value.bitPattern) }

  mutating func put(_ value: Double) { put(value.bitPattern) }

  mutating func put(_ value: Bool) { put(UInt8(value ? 1 : 0)) }

  mutating func put(_ hash: ContentHash) { bytes.append(contentsOf: hash.bytes) }

  mutating func put(_ codes: ArraySlice<Int8>) {
    codes.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ text: String) {
    let cut = Self.cut(text)
    put(UInt16(cut.count))
    bytes.append(contentsOf: cut)
  }

  mutating func put(optional text: String?) {
    put(text != nil)
    if let text { put(text) }
  }

  mutating func put(optional value: Double?) {
    put(value != nil)
    if let value { put(value) }
  }

  /// `text` as UTF-8, cut at a scalar's end where it passes ``Frame/maximumText``.
  static func cut(_ text: String) -> ArraySlice<UInt8> {
    let units = Array(text.utf8)
    guard units.count > Frame.maximumText else { return units[...] }
    var end = Frame.maximumText
    while end > 0, units[end] & 0xc0 == 0x80 { end -= 1 }
    return units[..<end]
  }
}
