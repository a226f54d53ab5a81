import Core

extension FrameWriter {
  mutating func put(role: Constellation.Role?) {
    switch role {
    case nil: put(UInt8(0))
    case .recording: put(UInt8(1))
    case .query: put(UInt8(2))
    }
  }

  mutating func put(peaks: [Peak]) {
    put(UInt16(peaks.count))
    for peak in peaks {
      put(peak.time)
      put(UInt16(clamping: peak.frequency))
      put(UInt16(clamping: peak.rank))
    }
  }
}

extension FrameReader {
  mutating func role() throws(MalformedFrame) -> Constellation.Role? {
    switch try integer(UInt8.self) {
    case 0: return nil
    case 1: return .recording
    case 2: return .query
    case let other: throw MalformedFrame("peaks wanted for \(other)")
    }
  }

  mutating func peaks() throws(MalformedFrame) -> [Peak] {
    let count = try count(UInt16.self, atMost: Frame.peaksPerFrame, of: "peaks")
    guard count > 0 else { throw MalformedFrame("no peaks") }
    var peaks: [Peak] = []
    for _ in 0..<count {
      let time = try integer(Int32.self)
      let frequency = Int32(try integer(UInt16.self))
      peaks.append(
        Peak(time: time, frequency: frequency, rank: Int32(try integer(UInt16.self))))
    }
    return peaks
  }
}

extension Message.ConstellationHeader {
  init(_ constellation: Constellation) {
    samples = constellation.samples
    frames = constellation.frames
    soundingFrames = constellation.soundingFrames
    counts = constellation.grids.map(\.count)
  }

  func write(to writer: inout FrameWriter) {
    writer.put(Int64(samples))
    writer.put(UInt32(clamping: frames))
    writer.put(UInt32(clamping: soundingFrames))
    writer.put(UInt8(clamping: counts.count))
    for count in counts { writer.put(UInt32(clamping: count)) }
  }

  init(from reader: inout FrameReader) throws(MalformedFrame) {
    let samples = try reader.integer(Int64.self)
    guard (0...Int64(Constellation.mostSamples)).contains(samples) else {
      throw MalformedFrame("\(samples) samples")
    }
    self.samples = Int(samples)
    let most = Constellation.mostFrames
    frames = try reader.count(UInt32.self, atMost: most, of: "frames")
    soundingFrames = try reader.count(UInt32.self, atMost: most, of: "sounding frames")
    let grids = try reader.count(UInt8.self, atMost: 2, of: "grids")
    guard grids > 0 else { throw MalformedFrame("no grid") }
    counts = []
    for _ in 0..<grids {
      counts.append(try reader.count(UInt32.self, atMost: Frame.maximumPeaks, of: "peaks"))
    }
  }
}

extension Constellation {
  /// The constellation as a worker sends it: the header, then the peaks in blocks.
  var messages: [Message] {
    var messages: [Message] = [.constellation(Message.ConstellationHeader(self))]
    for grid in grids {
      for first in stride(from: 0, to: grid.count, by: Frame.peaksPerFrame) {
        messages.append(.peaks(Array(grid[first..<min(grid.count, first + Frame.peaksPerFrame)])))
      }
    }
    return messages
  }
}

/// Puts a ``Constellation`` together again.
struct ConstellationAssembler {
  private let header: Message.ConstellationHeader
  private var grids: [[Peak]]

  init(_ header: Message.ConstellationHeader) {
    self.header = header
    grids = header.counts.map { _ in [] }
  }

  /// The constellation, once every peak is there.
  var whole: Constellation? {
    guard grids.map(\.count) == header.counts else { return nil }
    return Constellation(
      grids: grids, samples: header.samples, frames: header.frames,
      soundingFrames: header.soundingFrames)
  }

  /// Takes peaks of the first grid that lacks some. Throws ``MalformedFrame`` for too many, or for
  /// peaks that go back in time.
  mutating func take(_ peaks: [Peak]) throws(MalformedFrame) {
    guard
      let grid = grids.indices.first(where: { grids[$0].count < header.counts[$0] }),
      grids[grid].count + peaks.count <= header.counts[grid]
    else { throw MalformedFrame("peaks that were not due") }
    // Peaks of one row come in order of frequency, and their interpolated times go back and forth by
    // less than a frame.
    var last = grids[grid].last?.time ?? Constellation.times.lowerBound
    for peak in peaks {
      guard Constellation.times.contains(peak.time), peak.time > last - Peak.scale else {
        throw MalformedFrame("peaks out of order")
      }
      last = peak.time
    }
    grids[grid] += peaks
  }
}
