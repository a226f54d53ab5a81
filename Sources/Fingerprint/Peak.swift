/// A point of a recording's spectrogram that stands out from everything around it.
public struct Peak: Sendable, Equatable {
  /// Parts of a frame, and of a bin, in which ``time`` and ``frequency`` count.
  public static let scale: Int32 = 8

  /// In eighths of a frame from the first frame, interpolated.
  public var time: Int32
  /// In eighths of a bin of the transform, interpolated.
  public var frequency: Int32
  /// How far it stands above its surroundings, in 1/256 of a doubling of power.
  public var salience: Int32
  /// How many peaks in the neighbourhood in time stand out more, scaled up where the audio's
  /// beginning or end cuts the neighbourhood short. The peaks of rank < k are the k strongest.
  public var rank: Int32

  public init(time: Int32, frequency: Int32, salience: Int32, rank: Int32) {
    self.time = time
    self.frequency = frequency
    self.salience = salience
    self.rank = rank
  }
}

extension [Peak] {
  /// The peaks of rank < `count`, in the same order.
  public func strongest(_ count: Int) -> [Peak] { filter { $0.rank < Int32(count) } }
}
