/// Writes metrics in Prometheus' text format, version 0.0.4.
struct PrometheusText {
  /// The media type.
  static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String {
    case counter, gauge, histogram
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// Begins a family of samples; ``sample(_:_:labels:)`` follows.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    let escaped = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    text += "# HELP \(name) \(escaped)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(_ name: String, _ value: Double, labels: Labels = []) {
    text += name
    if !labels.isEmpty {
      text += "{"
      text += labels.map { "\($0.name)=\"\(Self.escape($0.value))\"" }.joined(separator: ",")
      text += "}"
    }
    text += " \(Self.format(value))\n"
  }

  /// A family that has one sample.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    family(name, kind, help)
    sample(name, value)
  }

  private static func escape(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
  }

  static func format(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}
