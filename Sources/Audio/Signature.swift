/// What a file's first bytes say about a format that libsndfile cannot decode.
enum Signature: Equatable {
  /// Audio, or a container of it, by name.
  case undecodable(String)
  /// Something else that is easily named.
  case other(String)

  /// Judges at least the first 4 kB of a file (or all of a shorter one).
  init?(_ bytes: [UInt8]) {
    if let name = Self.audio(bytes) {
      self = .undecodable(name)
    } else if let name = Self.nonAudio(bytes) {
      self = .other(name)
    } else {
      return nil
    }
  }

  private struct Magic {
    var offset: Int
    var bytes: [UInt8]
    var name: String

    init(_ text: String, at offset: Int = 0, _ name: String) {
      self.init(Array(text.utf8), at: offset, name)
    }

    init(_ bytes: [UInt8], at offset: Int = 0, _ name: String) {
      self.offset = offset
      self.bytes = bytes
      self.name = name
    }

    func matches(_ file: [UInt8]) -> Bool { file.dropFirst(offset).starts(with: bytes) }
  }

  private static let audioMagic: [Magic] = [
    Magic("MAC ", "Monkey's Audio"),
    Magic("wvpk", "WavPack"),
    Magic("MPCK", "Musepack"),
    Magic("MP+", "Musepack"),
    Magic("DSD ", "DSD (DSF)"),
    Magic("FRM8", "DSD (DSDIFF)"),
    Magic([0x1a, 0x45, 0xdf, 0xa3], "Matroska or WebM"),
    Magic([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11], "Windows Media (WMA or ASF)"),
    Magic("TTA1", "True Audio"),
    Magic("TTA2", "True Audio"),
    Magic("OFR ", "OptimFROG"),
    Magic("tBaK", "TAK"),
    Magic("ajkg", "Shorten"),
    Magic("qoaf", "Quite OK Audio"),
    Magic("ADIF", "AAC (ADIF)"),
    Magic("#!AMR", "AMR"),
    Magic(".RMF", "RealMedia"),
    Magic([0x2e, 0x72, 0x61, 0xfd], "RealAudio"),
    Magic([0x46, 0x4c, 0x56, 0x01], "Flash video"),
    Magic("AVI ", at: 8, "AVI video"),
    Magic([0x0b, 0x77], "AC-3"),
    Magic([0x7f, 0xfe, 0x80, 0x01], "DTS"),
    Magic([0, 0, 1, 0xba], "MPEG program stream"),
    Magic("MThd", "MIDI"),
    Magic("IMPM", "Impulse Tracker module"),
    Magic("Extended Module:", "FastTracker module"),
    Magic("SCRM", at: 44, "Scream Tracker module"),
    Magic("M.K.", at: 1080, "ProTracker module"),
    Magic("CAT ", "REX loop"),
    Magic("LM8953", "Yamaha TX-16 sample"),
  ]

  private static func audio(_ bytes: [UInt8]) -> String? {
    if bytes.dropFirst(4).starts(with: "ftyp".utf8) { return mpeg4(bytes) }
    if bytes.starts(with: "OggS".utf8) { return ogg(bytes) }
    // AC-3's sync word is only two bytes: its rate and bit-rate codes have to make sense too.
    if bytes.starts(with: [0x0b, 0x77]), bytes.count > 5, bytes[4] >> 6 == 3 || bytes[5] >> 3 > 16 {
      return nil
    }
    if let magic = audioMagic.first(where: { $0.matches(bytes) }) { return magic.name }
    if isADTS(bytes) { return "AAC (ADTS)" }
    let isTransportStream = [0, 188, 376, 564].allSatisfy { bytes.count > $0 && bytes[$0] == 0x47 }
    return isTransportStream ? "MPEG transport stream" : nil
  }

  private static func mpeg4(_ bytes: [UInt8]) -> String? {
    let brand = String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)
    switch brand {
    case "heic", "heix", "mif1", "msf1", "avif", "avis", "crx ": return nil
    case "M4A ", "M4B ", "M4P ": return "MPEG-4 audio (M4A: AAC or ALAC)"
    case "qt  ": return "QuickTime"
    default: return "MPEG-4 (MP4)"
    }
  }

  private static func ogg(_ bytes: [UInt8]) -> String? {
    guard bytes.count > 28 else { return nil }
    let packet = bytes.dropFirst(27 + Int(bytes[26]))
    let codecs: [(String, String)] = [
      ("Speex   ", "Speex in Ogg"), ("\u{1}video", "OGM video"), ("fishead", "Ogg Skeleton"),
      ("CELT    ", "CELT in Ogg"), ("PCM     ", "PCM in Ogg"), ("BBCD", "Dirac video in Ogg"),
    ]
    if let codec = codecs.first(where: { packet.starts(with: $0.0.utf8) }) { return codec.1 }
    return packet.starts(with: [0x80] + "theora".utf8) ? "Theora video in Ogg" : nil
  }

  /// Two frames whose lengths chain, or one that fills the file.
  private static func isADTS(_ bytes: [UInt8]) -> Bool {
    func length(at offset: Int) -> Int? {
      guard offset + 7 <= bytes.count, bytes[offset] == 0xff, bytes[offset + 1] & 0xf6 == 0xf0,
        (bytes[offset + 2] >> 2) & 15 < 13
      else { return nil }
      let length =
        Int(bytes[offset + 3] & 3) << 11 | Int(bytes[offset + 4]) << 3
        | Int(bytes[offset + 5]) >> 5
      return length >= 7 ? length : nil
    }
    guard let first = length(at: 0) else { return false }
    if first == bytes.count { return true }
    return length(at: first) != nil
  }

  private static let otherMagic: [Magic] = [
    Magic([0xff, 0xd8, 0xff], "a JPEG image"),
    Magic([0x89, 0x50, 0x4e, 0x47], "a PNG image"),
    Magic("GIF8", "a GIF image"),
    Magic("WEBP", at: 8, "a WebP image"),
    Magic("ftyp", at: 4, "an image"),
    Magic("%PDF", "a PDF document"),
    Magic("PK\u{3}\u{4}", "a ZIP archive or an office document"),
    Magic([0x1f, 0x8b], "a gzip archive"),
    Magic([0x37, 0x7a, 0xbc, 0xaf], "a 7-Zip archive"),
    Magic("Rar!", "a RAR archive"),
    Magic([0x7f, 0x45, 0x4c, 0x46], "a program"),
    Magic("SQLite format 3", "an SQLite database"),
  ]

  private static func nonAudio(_ bytes: [UInt8]) -> String? {
    if let magic = otherMagic.first(where: { $0.matches(bytes) }) { return magic.name }
    let isText = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || (9...13).contains($0) }
    return isText && !bytes.isEmpty ? "text" : nil
  }
}
