import Core

/// Which bytes of a file libsndfile should see: found from the first few kilobytes.
struct FileLayout {
  /// Bytes kept from the start: an ID3v2 tag in front of MPEG audio, which libmpg123 reads itself.
  var prefix: Int64 = 0
  /// Where the audio format begins.
  var base: Int64 = 0
  var kind = Kind.other
  /// Offset of a WAV's `data` size that is 0 though samples follow: whoever recorded it died before the
  /// header was finished.
  var unfinishedSize: Int64?
  /// A codec that libsndfile is known to refuse as if the file were damaged.
  var foreignCodec: String?

  /// Formats that may go on where libsndfile says that they end.
  enum Kind {
    case mpeg
    case ogg
    case flac
    case other
  }

  /// Bytes that are looked at, from the start and behind a tag.
  private static let sniffed = 96 << 10
  /// Bytes of padding or junk that may precede the first MPEG frame.
  private static let junkLimit = 64 << 10
  /// Tags at the start of a file that are skipped: without a limit a file of nothing else would be read
  /// ten thousand times over.
  private static let mostTags = 16

  /// - Throws: ``AnalysisFailure``: `empty`, `notAudio`, `unsupported`, `readError`.
  init(_ source: DescriptorSource) throws(AnalysisFailure) {
    guard source.stamp.size > 0 else { throw AnalysisFailure(.empty, "the file is empty") }
    var head = try source.bytes(at: 0, count: Self.sniffed)
    var tags = 0
    while tags < Self.mostTags, let tag = Self.tagLength(head), base + tag < source.stamp.size {
      tags += 1
      base += tag
      head = try source.bytes(at: base, count: Self.sniffed)
    }
    let isTagged = base > 0
    let isWhole = base + Int64(head.count) == source.stamp.size
    guard Self.isPlausible(head) else { throw Self.unknown }
    foreignCodec = Self.foreignCodec(head)
    if head.starts(with: "fLaC".utf8) { kind = .flac }
    if Self.isOwnFormat(head) {
      unfinishedSize = Self.unfinishedSize(head, size: source.stamp.size - base).map { base + $0 }
      return
    }
    if head.starts(with: "OggS".utf8) {
      guard head.count >= 5, head[4] == 0 else {
        throw AnalysisFailure(.corrupt, "an Ogg page of an unknown version")
      }
      kind = .ogg
    }
    if let signature = Signature(Array(head.prefix(4096))), case .undecodable(let name) = signature
    {
      throw AnalysisFailure(.unsupported, "\(name) cannot be decoded by \(Decoder.version)")
    }
    // Without a tag only padding may precede the first frame: any large file holds three likely
    // headers somewhere.
    let padding = head.prefix { $0 == 0 }.count
    let limit = isTagged ? Self.junkLimit : min(Self.junkLimit, padding + 1)
    if let first = MPEGFrame.firstFrame(in: head, limit: limit, isWhole: isWhole) {
      kind = .mpeg
      prefix = base
      base += Int64(first)
      return
    }
    if case .other(let name) = Signature(Array(head.prefix(4096))) {
      throw AnalysisFailure(.notAudio, "it is \(name)")
    }
    // libsndfile takes any four bytes that could be an MPEG header for one.
    if head.count < 12 || MPEGFrame(head[...]) != nil || isTagged {
      throw Self.unknown
    }
  }

  private static var unknown: AnalysisFailure {
    AnalysisFailure(.notAudio, "no audio format that is known")
  }

  /// Length of an ID3v2 tag at the start of `bytes`, header and footer included (id3.org, ID3v2.4).
  private static func tagLength(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count >= 10, bytes.starts(with: "ID3".utf8), bytes[3] < 0xff, bytes[4] < 0xff,
      bytes[6..<10].allSatisfy({ $0 < 0x80 })
    else { return nil }
    let size = bytes[6..<10].reduce(Int64(0)) { $0 << 7 | Int64($1) }
    return size + (bytes[5] & 0x10 != 0 ? 20 : 10)
  }

  /// Where the size of an empty `data` chunk stands behind which there are samples, and no other chunk.
  private static func unfinishedSize(_ bytes: [UInt8], size: Int64) -> Int64? {
    guard bytes.starts(with: "RIFF".utf8) else { return nil }
    func length(at offset: Int) -> Int {
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var offset = 12
    while offset + 8 <= bytes.count {
      let count = length(at: offset + 4)
      if bytes[offset..<offset + 4].elementsEqual("data".utf8) {
        guard count == 0, offset + 16 <= bytes.count else { return nil }
        let name = bytes[offset + 8..<offset + 12]
        let isChunk =
          name.allSatisfy { (0x20..<0x7f).contains($0) }
          && Int64(offset + 16 + length(at: offset + 12)) <= size
        return isChunk ? nil : Int64(offset + 4)
      }
      offset += 8 + count + count & 1
    }
    return nil
  }

  /// Formats that libsndfile tells by a long enough mark of their own.
  private static func isOwnFormat(_ bytes: [UInt8]) -> Bool {
    let isRIFF = bytes.starts(with: "RIFF".utf8) || bytes.starts(with: "RIFX".utf8)
    if isRIFF { return bytes.dropFirst(8).starts(with: "WAVE".utf8) }
    return ["fLaC", "FORM", "RF64", "caff", ".snd"].contains { bytes.starts(with: $0.utf8) }
  }

  /// By the format tag of a `fmt ` chunk that comes first, as it does in practice, or by the first
  /// packet of an Ogg file.
  private static func foreignCodec(_ bytes: [UInt8]) -> String? {
    // libsndfile 1.2.0 stumbles over what FLAC 1.4 writes into Ogg.
    if bytes.dropFirst(28).starts(with: [0x7f] + "FLAC".utf8) { return "FLAC in an Ogg file" }
    guard bytes.count > 22, bytes.dropFirst(8).starts(with: "WAVEfmt ".utf8) else { return nil }
    switch Int(bytes[20]) | Int(bytes[21]) << 8 {
    case 0x50: return "MPEG Layer I or II in a WAV file"
    case 0x55: return "MPEG Layer III in a WAV file"
    case 0xff, 0x1600, 0x1610: return "AAC in a WAV file"
    case 0x92, 0x2000: return "AC-3 in a WAV file"
    case 0x2001: return "DTS in a WAV file"
    case 0x160...0x163: return "Windows Media in a WAV file"
    case 0x674f...0x6771: return "Vorbis in a WAV file"
    default: return nil
    }
  }

  /// Two formats have marks so short, and headers that libsndfile checks so little, that noise
  /// passes for them now and then.
  private static func isPlausible(_ bytes: [UInt8]) -> Bool {
    // Akai MPC 2000: the name is text, and the switches are 0 or 1.
    if bytes.starts(with: [1, 4]) {
      guard bytes.count > 42 else { return false }
      let isText = bytes[2..<18].allSatisfy { $0 == 0 || (0x20..<0x7f).contains($0) }
      return isText && bytes[21] <= 1 && bytes[38] <= 1
    }
    // MIDI sample dump: 21 bytes of system-exclusive message, then the first data packet.
    if bytes.starts(with: [0xf0, 0x7e]) {
      guard bytes.count > 25 else { return false }
      let isMessage = bytes[2..<20].allSatisfy { $0 < 0x80 } && bytes[20] == 0xf7
      return isMessage && bytes[21..<23].elementsEqual([0xf0, 0x7e]) && bytes[24] == 2
    }
    return true
  }
}
