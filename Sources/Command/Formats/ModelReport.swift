import API
import Core
import SystemPackage

/// Models for people.
enum ModelReport {
  private static let labelWidth = 12

  /// Everything about one model of the daemon's, a line each.
  static func lines(_ model: Wire.Model, on terminal: Terminal) -> [String] {
    rows(
      [
        ("Model", model.name.withoutControls), ("Id", model.id), ("Role", model.role),
        ("Precision", model.precision ?? "not loaded"), ("Network", model.architecture),
        ("Trained", trained(model.trained, terminal)), ("Licence", model.licence.withoutControls),
        ("Labels", labels(model.labels)),
        ("Recordings", Format.integer(model.recordings)),
        ("Segments", Format.integer(model.segments)),
      ], on: terminal)
  }

  /// The same about a file that a worker has loaded.
  static func lines(_ loaded: LoadedModel, from file: FilePath, on terminal: Terminal) -> [String] {
    rows(
      [
        ("File", file.escaped), ("Model", loaded.info.name.withoutControls),
        ("Id", loaded.info.id), ("Precision", "\(loaded.precision.rawValue) on this machine"),
        ("Network", loaded.info.architecture),
        ("Trained", trained(loaded.info.isTrained, terminal)),
        ("Licence", loaded.info.licence.withoutControls),
        ("Labels", labels(loaded.info.labels.count)),
      ], on: terminal)
  }

  /// A table of models.
  static func table(_ models: [Wire.Model], on terminal: Terminal) -> [String] {
    guard !models.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "MODEL", fit: .end), Table.Column(title: "ID"),
      Table.Column(title: "ROLE"), Table.Column(title: "PRECISION"), Table.Column(title: "TRAINED"),
      Table.Column(title: "LABELS", alignment: .right),
      Table.Column(title: "RECORDINGS", alignment: .right),
      Table.Column(title: "LICENCE", fit: .end),
    ])
    for model in models {
      table.append([
        model.name.withoutControls, String(model.id.prefix(12)), model.role,
        model.precision ?? "-", model.trained ? "yes" : "no", Format.integer(model.labels),
        Format.integer(model.recordings), model.licence.withoutControls,
      ])
    }
    var lines = table.lines(width: terminal.width)
    lines[0] = terminal.bold(lines[0])
    return lines
  }

  private static func rows(
    _ rows: [(label: String, text: String)], on terminal: Terminal
  ) -> [String] {
    rows.map { terminal.bold($0.label) + "".padded(to: labelWidth - $0.label.count) + $0.text }
  }

  private static func trained(_ isTrained: Bool, _ terminal: Terminal) -> String {
    isTrained ? "yes" : terminal.warning("no: its weights mean nothing")
  }

  private static func labels(_ count: Int) -> String {
    count == 0 ? "none: it gives no tags" : Format.integer(count)
  }
}
