/// How a query's time and frequencies relate to a recording's.
public struct Warp: Sendable, Equatable, Hashable {
  /// Seconds of the recording that pass in a second of the query: above 1, the query runs faster.
  public var speed: Double
  /// A frequency in the query over the same one in the recording.
  public var pitch: Double

  public static let none = Warp(speed: 1, pitch: 1)

  public init(speed: Double, pitch: Double) {
    self.speed = speed
    self.pitch = pitch
  }

  /// Faster or slower as a turntable is: pitch changes with speed.
  public static func turntable(_ speed: Double) -> Warp { Warp(speed: speed, pitch: speed) }

  /// Within what telling one from the other takes.
  func isNear(_ other: Warp) -> Bool {
    abs(speed - other.speed) < 0.003 && abs(pitch - other.pitch) < 0.003
  }

  var isNone: Bool { isNear(.none) }
}
