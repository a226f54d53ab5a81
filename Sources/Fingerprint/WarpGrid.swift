/// The warps that are tried when a query is in no recording as it is.
enum WarpGrid {
  /// The finest steps between warps: at the next one, peaks have moved by about one cell.
  private static let step = 0.005
  private static let coarseStep = 0.0075

  /// Turntables and tapes: both, up to 12 % either way, the likeliest first.
  static let turntable = around(reach: 0.12, step: step).map { Warp.turntable($0) }
  /// Stretched in time alone, up to 12 % either way.
  static let tempo = around(reach: 0.12, step: coarseStep).map { Warp(speed: $0, pitch: 1) }
  /// Moved in pitch alone, up to a semitone either way.
  static let pitch = around(reach: 0.06, step: step).map { Warp(speed: 1, pitch: $0) }

  static let all = turntable + tempo + pitch

  /// The same in parts, one after the other: a search that is settled by one spares the rest.
  static let parts = stride(from: 0, to: all.count, by: 16).map {
    Array(all[$0..<min($0 + 16, all.count)])
  }

  /// 1 + step, 1 − step, 1 + 2 · step, …
  private static func around(reach: Double, step: Double) -> [Double] {
    let steps = Int((reach / step).rounded(.down))
    return (1...steps).flatMap { n in [1 + Double(n) * step, 1 - Double(n) * step] }
  }
}
