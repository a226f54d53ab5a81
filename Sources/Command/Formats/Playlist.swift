import Core
import SystemPackage

/// An extended M3U playlist in UTF-8, as MPD, VLC and most players read it.
enum Playlist {
  /// One entry.
  struct Entry {
    /// Absolute.
    var path: FilePath
    /// Seconds.
    var duration: Double?
    var title: String?
    var artist: String?
    /// Where to start and stop; VLC obeys it, others play the whole file.
    var range: TimeRange?
  }

  /// The first line.
  static let header = Array("#EXTM3U\n".utf8)

  /// An entry's lines. The path is written byte for byte, except where a line cannot hold it: then
  /// it becomes a `file:` URI (RFC 8089).
  static func lines(_ entry: Entry) -> [UInt8] {
    let seconds = entry.duration.flatMap { Int(exactly: $0.rounded()) } ?? -1
    let name = entry.path.lastComponent.map { FilePath(root: nil, components: $0) } ?? entry.path
    let title = oneLine(entry.title) ?? name.escaped
    let label = oneLine(entry.artist).map { "\($0) - \(title)" } ?? title
    var bytes = Array("#EXTINF:\(seconds),\(label)\n".utf8)
    if let range = entry.range {
      bytes += Array("#EXTVLCOPT:start-time=\(Format.fixed(range.from, 2))\n".utf8)
      bytes += Array("#EXTVLCOPT:stop-time=\(Format.fixed(range.to, 2))\n".utf8)
    }
    bytes += location(entry.path.bytes)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// Players drop blanks at the end of a line, and take line breaks for the next entry.
  private static func location(_ path: [UInt8]) -> [UInt8] {
    let blanks: [UInt8] = [0x09, 0x0a, 0x0d, 0x20]
    let needsURI =
      path.contains { $0 == 0x0a || $0 == 0x0d }
      || path.last.map(blanks.contains)
        ?? false
    guard needsURI else { return path }
    return Array("file://".utf8) + Array(PercentEncoding.path(path).utf8)
  }

  private static func oneLine(_ text: String?) -> String? {
    guard let text, !text.isEmpty else { return nil }
    let flat = text.unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? " " : String(scalar)
    }
    return flat.joined()
  }
}
