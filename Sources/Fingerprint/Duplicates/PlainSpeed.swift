extension PeakPairs.Fit {
  /// The same at no speed where the pairs cannot tell that it is another: those of a second or two leave
  /// it uncertain by more than turntables differ, and a short copy isn't sped up for that.
  func plainWhereUncertain(_ rules: RelationRules) -> Self {
    let spread = pairs.reduce(0) { $0 + ($1.first - middle) * ($1.first - middle) }
    // Few clusters of pairs make too little of the error.
    let error = 3 * max(speedError, residual / max(1, spread).squareRoot())
    guard error > rules.sameSpeed, abs(line.speed - 1) < error, abs(pitch - 1) < rules.samePitch
    else { return self }
    var plain = self
    plain.line = Line(start: line(middle) - middle, speed: 1)
    return plain
  }
}
