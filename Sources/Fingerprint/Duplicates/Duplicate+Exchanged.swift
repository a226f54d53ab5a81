extension Duplicate {
  /// The same two looked at from the other side: what ``first`` was is ``second`` now. Only of copies,
  /// and of those that share a part, does ``relation`` still say the truth then.
  public var exchanged: Duplicate {
    var other = self
    (other.first, other.second) = (second, first)
    other.offset = -offset / speed
    other.speed = 1 / speed
    other.pitch = 1 / pitch
    (other.firstIntervals, other.secondIntervals) = (secondIntervals, firstIntervals)
    (other.firstCoverage, other.secondCoverage) = (secondCoverage, firstCoverage)
    return other
  }
}
