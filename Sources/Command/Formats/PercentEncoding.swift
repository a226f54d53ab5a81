/// Percent-encoding of bytes for URIs (RFC 3986).
enum PercentEncoding {
  /// A path: unreserved characters and `/` stay.
  static func path(_ bytes: some Sequence<UInt8>) -> String { encode(bytes, keeping: "/") }

  /// A query's value: only unreserved characters stay.
  static func value(_ bytes: some Sequence<UInt8>) -> String { encode(bytes, keeping: "") }

  private static func encode(_ bytes: some Sequence<UInt8>, keeping extra: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.append(byte)
      default:
        if extra.utf8.contains(byte) {
          text.append(byte)
        } else {
          text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
