import API
import Core

/// `GET /v1/status` in words.
struct StatusReport {
  private static let labelWidth = 10

  private let status: Wire.Status
  private let terminal: Terminal

  init(_ status: Wire.Status, terminal: Terminal) {
    self.status = status
    self.terminal = terminal
  }

  /// Without line breaks at the ends.
  var lines: [String] {
    let state = PathText(text: status.stateDirectory, base64: status.stateDirectoryBase64)
    return section("Daemon", ["harkd \(status.version), process \(status.pid)"])
      + section("State", [state.path?.escaped ?? status.stateDirectory])
      + section("Folders", status.roots.isEmpty ? ["none"] : status.roots.map(describe) + adoptable)
      + section("Files", [files])
      + section(
        "Library",
        ["\(Format.count(status.recordings, "recording")), \(Format.span(status.duration))"])
      + section("Model", status.models.isEmpty ? ["none yet"] : status.models.flatMap(describe))
      + section("Workers", workers)
      + section("Sandbox", status.sandbox.map { [sandbox($0)] } ?? [])
      + section("Warnings", status.warnings.map(terminal.warning))
  }

  private func sandbox(_ names: [String]) -> String {
    names.isEmpty ? terminal.warning("none") : names.joined(separator: ", ")
  }

  private func section(_ label: String, _ texts: [String]) -> [String] {
    texts.enumerated().map { index, text in
      let head = index == 0 ? label : ""
      let padding = String(repeating: " ", count: Self.labelWidth - head.count)
      return (head.isEmpty ? "" : terminal.bold(head)) + padding + text
    }
  }

  private func describe(_ root: Wire.Root) -> String {
    let path = root.filePath?.escaped ?? root.path
    let text = "\(path)  \(root.state)" + (root.detail.map { ": \($0)" } ?? "")
    return ["scanning", "watching"].contains(root.state) ? text : terminal.warning(text)
  }

  /// What helps where a folder is offline for good, since nobody else can know that.
  private var adoptable: [String] {
    guard let root = status.roots.first(where: { $0.state == "offline" }) else { return [] }
    let path = root.filePath?.escaped ?? root.path
    return ["  if it was moved or emptied on purpose: hark rescan --adopt '\(path)'"]
  }

  private var files: String {
    let counts = status.files
    let parts = [
      ("analysed", counts.analysed), ("pending", counts.pending), ("failed", counts.failed),
      ("offline", counts.offline), ("skipped (not audio)", counts.skipped),
    ]
    let shown = parts.enumerated().filter { $0.offset == 0 || $0.element.1 > 0 }
      .map { "\(Format.integer($0.element.1)) \($0.element.0)" }
    let hint = counts.failed > 0 ? "; see: hark list --failed" : ""
    return shown.joined(separator: ", ") + hint
  }

  private func describe(_ model: Wire.Model) -> [String] {
    let precision = model.precision.map { ", \($0)" } ?? ", not loaded yet"
    let line =
      "\(model.name) (\(model.id.prefix(12))), \(model.role)\(precision), "
      + "\(Format.count(model.recordings, "recording")), "
      + Format.count(model.segments, "segment")
    guard !model.trained else { return [line] }
    return [line, terminal.warning(Self.untrained)]
  }

  /// What must be said wherever an untrained model answers.
  static let untrained = "untrained weights: similarity means nothing yet"

  private var workers: [String] {
    var lines: [String] = []
    for lane in ["backlog", "query"] {
      let members = status.workers.filter { $0.lane == lane }
      guard !members.isEmpty else { continue }
      let states = ["busy", "idle", "starting", "waiting", "stopped"].compactMap { state in
        let count = members.count { $0.state == state }
        return count > 0 ? "\(count) \(state)" : nil
      }
      let restarts = members.reduce(0) { $0 + $1.restarts }
      lines.append(
        "\(lane): \(states.joined(separator: ", "))"
          + (restarts > 0 ? ", started again \(restarts == 1 ? "once" : "\(restarts) times")" : ""))
      for worker in members {
        guard let file = worker.file else { continue }
        lines.append("  \(file)" + (worker.seconds.map { "  \(Format.fixed($0, 1)) s" } ?? ""))
      }
    }
    return lines.isEmpty ? ["none"] : lines
  }
}
