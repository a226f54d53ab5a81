/// Figures that tests find out and that documents quote: `swift test … | grep '^figure:'`.
public enum Figures {
  /// Says how many of something a test tried.
  public static func report(_ what: String, _ count: Int) { print("figure: \(what): \(count)") }

  /// Says what a test measured.
  public static func report(_ what: String, _ value: Double) { print("figure: \(what): \(value)") }
}
