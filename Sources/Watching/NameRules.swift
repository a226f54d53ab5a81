import Core
import SystemPackage

/// What names tell before a file is opened.
enum NameRules {
  enum Verdict: Equatable {
    case file
    /// Hidden, or the name of a download that is not finished: as if it were not there.
    case ignored
    /// By its extension certainly no audio: counted, not told.
    case notAudio
  }

  /// `isDirectory`: only hidden directories are ignored. A name that begins with two dots is no hidden
  /// one: titles begin so (`...And Justice for All`).
  static func verdict(_ name: [UInt8], isDirectory: Bool) -> Verdict {
    let dot = UInt8(ascii: ".")
    guard let first = name.first, first != dot || name.dropFirst().first == dot else {
      return .ignored
    }
    guard !isDirectory else { return .file }
    guard name.last != UInt8(ascii: "~") else { return .ignored }
    guard let lastDot = name.lastIndex(of: dot) else { return .file }
    let suffix = String(decoding: name[(lastDot + 1)...], as: UTF8.self).lowercased()
    if temporary.contains(suffix) { return .ignored }
    return notAudio.contains(suffix) ? .notAudio : .file
  }

  /// Endings under which programs write until a file is whole.
  private static let temporary: Set<String> = [
    "part", "partial", "crdownload", "download", "tmp", "temp", "!qb", "!ut", "aria2", "opdownload",
    "filepart", "swp", "unfinished",
  ]

  /// Images, text, documents, archives, play lists. Containers of audio that the decoder cannot
  /// read are not among them: those are told, and fail by name.
  private static let notAudio: Set<String> = [
    "jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff", "svg", "ico", "heic", "avif", "psd",
    "txt", "md", "nfo", "log", "cue", "accurip", "lrc", "srt", "ini", "cfg", "conf", "yaml", "yml",
    "json", "xml", "csv", "html", "htm", "css", "js", "py", "sh", "url", "sfv", "md5", "sha1",
    "sha256", "ffp", "asc", "sig", "pdf", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "ppt",
    "pptx", "epub", "zip", "rar", "7z", "tar", "gz", "bz2", "xz", "zst", "iso", "torrent", "db",
    "sqlite", "m3u", "m3u8", "pls", "xspf", "exe", "dll", "so", "o", "a", "ttf", "otf",
  ]
}
