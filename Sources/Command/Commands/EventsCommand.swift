import API
import ArgumentParser
import Core

/// `hark events`.
struct EventsCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Follow what happens in the library.",
    discussion: """
      One line for each event from now on, until you interrupt it. With --json one JSON object a \
      line, progress included.

      EXAMPLES
        hark events
        hark events --json | jq -r 'select(.kind == "failed") | .path'
      """)

  @Flag(name: .long, help: "Print one JSON object a line.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let request = HTTPRequest(.GET, "/v1/events", accept: "text/event-stream")
    var lastNumber: UInt64?
    try await daemon.events(request) { message in
      var output = Output.standard()
      if json {
        try output.line(message.data)
      } else {
        // A newer daemon may send kinds that are not known here.
        guard let event = try? WireJSON.decode(Wire.Event.self, from: Array(message.data.utf8))
        else { return }
        if let last = lastNumber, event.number > last + 1 {
          Output.note("hark: \(event.number - last - 1) events were lost")
        }
        lastNumber = event.number
        if let line = Self.line(event) { try output.line(line) }
      }
      try output.flush()
    }
    throw HarkError(
      .unavailable, "the daemon ended the stream of events", remedy: "it was stopped, or restarts")
  }

  /// An event in words; `nil` for progress, which is no news.
  static func line(_ event: Wire.Event) -> String? {
    let path = event.filePath?.escaped ?? event.path ?? ""
    switch event.kind {
    case .analysed: return "analysed  \(path)" + (event.new == false ? "  (known recording)" : "")
    case .failed: return "failed    \(path)  \(event.code ?? ""): \(event.message ?? "")"
    case .moved:
      return "moved     \(event.previousFilePath?.escaped ?? "")  →  \(path)"
    case .removed: return "removed   \(path)"
    case .offline: return "offline   \(path)  \(event.message ?? "")"
    case .online: return "online    \(path)"
    case .idle: return "idle"
    case .progress: return nil
    }
  }
}
