import CSndfile
import Core

/// What lies behind the place where libsndfile says that a file has ended: another stream, or what a
/// damaged place hides.
extension AudioFile {
  struct Continuation {
    /// Of the stream that is decoded now; the file has those of its first.
    var channels: Int
    /// Where in the file the Ogg stream begins that is decoded now.
    var link: Int64
    /// Streams of an Ogg file that were begun.
    var links = 1
    /// Damaged places of an MPEG file that were passed.
    var gaps = 0
    /// Frames of silence that stand for a damaged place and are still to be given out.
    var silence: Int64 = 0
    /// Where the last damaged place of a FLAC file ended, in frames.
    var leapt: Int64 = -1
    var hasLeftOut = false
    /// Frames of a stream with another number of channels, before they are converted.
    var scratch: [Float] = []

    init(channels: Int, link: Int64) {
      self.channels = channels
      self.link = link
    }
  }

  /// Frames of what is open, with the first stream's channels: another stream's are averaged, and each
  /// channel gets the mean, which is what is analysed anyway.
  func decode(_ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t) -> sf_count_t {
    if continuation.silence > 0 {
      let count = min(wanted, continuation.silence)
      start.update(repeating: 0, count: Int(count) * channels)
      continuation.silence -= count
      return count
    }
    let own = continuation.channels
    guard own != channels else { return sf_readf_float(handle, start, wanted) }
    let most = min(Int(wanted), 4096)
    if continuation.scratch.count < most * own {
      continuation.scratch = [Float](repeating: 0, count: most * own)
    }
    return continuation.scratch.withUnsafeMutableBufferPointer { scratch in
      guard let base = scratch.baseAddress else { return 0 }
      let count = sf_readf_float(handle, base, sf_count_t(most))
      for frame in 0..<max(0, Int(count)) {
        let mean = scratch[frame * own..<(frame + 1) * own].reduce(0, +) / Float(own)
        (start + frame * channels).update(repeating: mean, count: channels)
      }
      return count
    }
  }

  /// Frames from behind an end that is none; 0 where the file has ended.
  func goOn(
    _ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t
  ) throws(AnalysisFailure) -> sf_count_t {
    guard framesRead > 0, source.failure == nil else { return 0 }
    switch kind {
    case .mpeg: return try resume(start, wanted)
    case .ogg: return try nextLink(start, wanted)
    case .flac: return leap(start, wanted)
    case .other: return 0
    }
  }

  /// Decodes another stream from here on.
  private func take(
    _ opening: Opening, _ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t
  ) -> sf_count_t {
    sf_close(handle)
    handle = opening.release()
    continuation.channels = Int(opening.info.channels)
    return decode(start, wanted)
  }

  /// Whether a stream can follow the first one in the same recording; says so where it cannot.
  private func fits(_ opening: Opening) -> Bool {
    let rate = Int(opening.info.samplerate)
    if rate == sampleRate { return true }
    if !continuation.hasLeftOut {
      warnings.append(
        "from \(seconds(framesRead)) on it holds another stream, of \(rate) Hz, which was left out")
    }
    continuation.hasLeftOut = true
    return false
  }

  // MARK: MPEG

  /// Bytes behind the last frame read that may be padding, read-ahead or tags.
  private static let tolerableRest: Int64 = 4 << 10

  /// libmpg123 ends at 1 kB without a frame, at anything that looks like another stream, and at the
  /// number of frames that the first header gives; what lies behind is still worth hearing.
  ///
  /// Opens the file anew at the next frames. Every time lies further on in the file than the last, so
  /// this ends.
  private func resume(
    _ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t
  ) throws(AnalysisFailure) -> sf_count_t {
    while source.failure == nil, source.unread > Self.tolerableRest {
      let here = source.fileOffset(of: source.furthest)
      guard let next = try MPEGFrame.nextFrame(in: source, from: here) else { return 0 }
      source.skip(from: 0, to: next)
      guard let opening = try? Opening(source), fits(opening) else { continue }
      let count = take(opening, start, wanted)
      guard count > 0 else { continue }
      continuation.gaps += 1
      if continuation.gaps <= 3 {
        warnings.append("it goes on behind damaged data at \(seconds(framesRead))")
      }
      return count
    }
    return 0
  }

  // MARK: Ogg

  /// The next stream of a chained file, as a recorded broadcast is: one for each title. libsndfile
  /// decodes the first alone.
  private func nextLink(
    _ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t
  ) throws(AnalysisFailure) -> sf_count_t {
    while let next = try OggPages.nextStream(in: source, from: continuation.link) {
      continuation.link = next
      continuation.links += 1
      source.skip(from: 0, to: next)
      guard let opening = try? Opening(source), fits(opening) else { continue }
      let count = take(opening, start, wanted)
      if count > 0 { return count }
    }
    return 0
  }

  // MARK: FLAC

  /// libsndfile's FLAC decoder gives nothing any more once a frame was damaged. A new one, behind the
  /// damage, does; silence stands for what is lost, so that times stay right.
  private func leap(
    _ start: UnsafeMutablePointer<Float>, _ wanted: sf_count_t
  ) -> sf_count_t {
    // Each damaged place lies further on than the last one, so this ends.
    guard let declared = declaredFrames, framesRead > continuation.leapt else { return 0 }
    for step in [4096, 8192, 16_384, 32_768, 65_536] as [Int64] where framesRead + step < declared {
      let place = framesRead + step
      guard let opening = try? Opening(source), let fresh = opening.seek(to: place) else {
        continue
      }
      sf_close(handle)
      handle = fresh
      continuation.leapt = place
      continuation.silence = step
      warnings.append(
        "\(seconds(step)) at \(seconds(framesRead)) are damaged, and were taken as silence")
      return decode(start, wanted)
    }
    return 0
  }
}
