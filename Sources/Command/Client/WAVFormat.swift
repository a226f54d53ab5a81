/// What the beginning of a WAV file says about its samples.
///
/// A file is RIFF's (Microsoft and IBM 1991): a magic, a length and `WAVE`, then chunks, each a name,
/// a length and so many bytes, an odd number of them padded by one. `fmt ` may stand behind others,
/// such as `JUNK`, or `ds64` of a file that is RF64 (EBU Tech 3306); its bytes 8 to 11 are the bytes a
/// second. In RIFX the most significant byte comes first.
struct WAVFormat {
  /// Above 0.
  let bytesPerSecond: Int
  /// Where the samples lie; nil where they are no PCM, or none has come.
  private(set) var samples: Samples?

  /// Samples of a file, each frame of which has as many bytes.
  struct Samples {
    /// Above 0; a whole number of frames is a second.
    let bytesPerFrame: Int
    /// Bytes before the first sample.
    let start: Int
    /// The beginning of a file of such samples, whose lengths say that the end is unknown.
    let header: [UInt8]
  }

  /// Nil where the bytes are no WAV file's, or not enough of it.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 12, bytes[8..<12].elementsEqual("WAVE".utf8) else { return nil }
    let magic = bytes[0..<4]
    let isBigEndian = magic.elementsEqual("RIFX".utf8)
    guard isBigEndian || ["RIFF", "RF64", "BW64"].contains(where: { magic.elementsEqual($0.utf8) })
    else { return nil }
    func number(at place: Int) -> Int {
      let digits = bytes[place..<(place + 4)]
      return (isBigEndian ? Array(digits) : digits.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    var place = 12
    while place + 8 <= bytes.count {
      let length = number(at: place + 4)
      if bytes[place..<(place + 4)].elementsEqual("fmt ".utf8) {
        guard length >= 16, place + 20 <= bytes.count else { return nil }
        let rate = number(at: place + 16)
        guard rate > 0 else { return nil }
        bytesPerSecond = rate
        samples = Self.samples(bytes, format: place, length: length, rate, number)
        return
      }
      place += 8 + length + length % 2
    }
    return nil
  }

  /// What WAVE_FORMAT_PCM, _IEEE_FLOAT and _EXTENSIBLE say at the beginning of `fmt `.
  private static let plainCodings = [1, 3, 0xfffe]

  /// - Parameters:
  ///   - format: where `fmt ` begins, which has so many bytes.
  ///   - number: reads four bytes at a place.
  private static func samples(
    _ bytes: [UInt8], format: Int, length: Int, _ rate: Int, _ number: (Int) -> Int
  ) -> Samples? {
    let end = format + 8 + length + length % 2
    guard end <= bytes.count else { return nil }
    let isBigEndian = bytes[0..<4].elementsEqual("RIFX".utf8)
    func short(at place: Int) -> Int {
      let (first, second) = (Int(bytes[place]), Int(bytes[place + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    let frame = short(at: format + 20)
    guard plainCodings.contains(short(at: format + 8)), frame > 0,
      number(format + 12) * frame == rate
    else { return nil }
    var place = end
    while place + 8 <= bytes.count {
      if bytes[place..<(place + 4)].elementsEqual("data".utf8) {
        let unknown = [UInt8](repeating: 255, count: 4)
        var header = Array((isBigEndian ? "RIFX" : "RIFF").utf8) + unknown
        header += Array("WAVE".utf8)
        header += bytes[format..<end]
        header += Array("data".utf8) + unknown
        return Samples(bytesPerFrame: frame, start: place + 8, header: header)
      }
      let length = number(place + 4)
      place += 8 + length + length % 2
    }
    return nil
  }
}
