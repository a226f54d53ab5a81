import CSndfile
import Core

/// The installed libsndfile: what it calls itself and its formats.
public enum Decoder {
  /// Name and version, such as `libsndfile-1.2.0`: a recording's id is minted together with it,
  /// and content failures are tried again when it changes.
  public static var version: String { String(cString: sf_version_string()) }

  /// Every container that the installed library knows, in its own words.
  public static var containers: [String] {
    names(count: SFC_GET_FORMAT_MAJOR_COUNT, each: SFC_GET_FORMAT_MAJOR)
  }

  /// Every codec that the installed library knows, in its own words.
  public static var codecs: [String] {
    names(count: SFC_GET_FORMAT_SUBTYPE_COUNT, each: SFC_GET_FORMAT_SUBTYPE)
  }

  /// The library's words for one container or codec; its number where it has none.
  static func name(of format: Int32) -> String {
    query(SFC_GET_FORMAT_INFO, format) ?? "format 0x" + String(format, radix: 16)
  }

  /// The library's words for an error number.
  static func describe(error: Int32) -> String {
    guard let text = sf_error_number(error) else { return "error \(error)" }
    return trimmed(String(cString: text))
  }

  /// Without the full stop with which most of the library's messages end.
  private static func trimmed(_ text: String) -> String {
    var text = Substring(text)
    while let last = text.last, last == "." || last.isWhitespace { text.removeLast() }
    return String(text)
  }

  private static func names(count: Int, each: Int) -> [String] {
    var number: Int32 = 0
    sf_command(nil, Int32(count), &number, Int32(MemoryLayout<Int32>.size))
    return (0..<max(0, number)).compactMap { query(each, $0) }
  }

  private static func query(_ command: Int, _ format: Int32) -> String? {
    var info = SF_FORMAT_INFO()
    info.format = format
    let size = Int32(MemoryLayout<SF_FORMAT_INFO>.size)
    guard sf_command(nil, Int32(command), &info, size) == 0, let name = info.name else {
      return nil
    }
    return String(cString: name)
  }
}
