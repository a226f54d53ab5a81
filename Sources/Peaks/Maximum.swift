import Core

/// A local maximum of salience: a peak before it is known how it ranks among its neighbours.
struct Maximum: Equatable {
  /// In eighths of a frame from the first frame, interpolated.
  var time: Int32
  /// In eighths of a bin of the transform, interpolated.
  var frequency: Int32
  /// How far it stands above its surroundings, in 1/256 of a doubling of power.
  var salience: Int32

  /// The frame whose row holds the maximum.
  @inline(__always)
  var frame: Int32 { (time + Peak.scale / 2) >> 3 }
}
