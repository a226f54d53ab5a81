/// A point of a recording's spectrogram that stands out from everything around it.
public struct Peak: Hashable, Sendable {
  /// Parts of a frame, and of a bin, in which ``time`` and ``frequency`` count.
  @inlinable public static var scale: Int32 { 8 }

  /// In eighths of a frame from the first frame, interpolated.
  public var time: Int32
  /// In eighths of a bin of the transform, interpolated.
  public var frequency: Int32
  /// How many peaks in the neighbourhood in time stand out more, scaled up where the audio's
  /// beginning or end cuts the neighbourhood short. The peaks of rank < k are the k strongest.
  public var rank: Int32

  public init(time: Int32, frequency: Int32, rank: Int32) {
    self.time = time
    self.frequency = frequency
    self.rank = rank
  }

  /// The frame whose row holds the peak.
  @inlinable @inline(__always)
  public var frame: Int32 { (time + Self.scale / 2) >> 3 }

  /// The bin of the transform that holds the peak.
  @inlinable @inline(__always)
  public var bin: Int32 { (frequency + Self.scale / 2) >> 3 }
}

extension [Peak] {
  /// The peaks of rank < `count`, in the same order.
  public func strongest(_ count: Int) -> [Peak] { filter { $0.rank < Int32(count) } }
}
