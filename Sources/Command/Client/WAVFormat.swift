/// What the beginning of a WAV file says about its samples.
///
/// A file is RIFF's (Microsoft and IBM 1991): a magic, a length and `WAVE`, then chunks, each a name,
/// a length and so many bytes, an odd number of them padded by one. `fmt ` may stand behind others,
/// such as `JUNK`, or `ds64` of a file that is RF64 (EBU Tech 3306); its bytes 8 to 11 are the bytes a
/// second. In RIFX the most significant byte comes first.
struct WAVFormat {
  /// Above 0.
  let bytesPerSecond: Int

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
        return
      }
      place += 8 + length + length % 2
    }
    return nil
  }
}
