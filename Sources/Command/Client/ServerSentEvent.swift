/// One event of a `text/event-stream`.
struct ServerSentEvent: Hashable, Sendable {
  /// The event's name; `message` unless the stream says otherwise.
  var name: String
  var data: String
  /// The last id that the stream gave.
  var id: String?
}

/// Takes a `text/event-stream` apart, however its bytes are cut (WHATWG HTML, 9.2.6).
struct ServerSentEventParser {
  private var line: [UInt8] = []
  private var endedWithCR = false
  private var isFirstLine = true
  private var name = ""
  private var data: [String] = []
  private var id: String?

  /// The events that end within `bytes`.
  mutating func feed(_ bytes: some Sequence<UInt8>) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    for byte in bytes {
      // A line ends with CR, LF or both.
      if byte == UInt8(ascii: "\n"), endedWithCR {
        endedWithCR = false
        continue
      }
      endedWithCR = byte == UInt8(ascii: "\r")
      guard endedWithCR || byte == UInt8(ascii: "\n") else {
        line.append(byte)
        continue
      }
      if let event = endLine() { events.append(event) }
    }
    return events
  }

  private mutating func endLine() -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[min(colon + 1, line.endIndex)...]
    if value.first == UInt8(ascii: " ") { value.removeFirst() }
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "event": name = text
    case "data": data.append(text)
    case "id": if !text.utf8.contains(0) { id = text }
    // `retry` does not concern a client that does not reconnect; comments have an empty name.
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> ServerSentEvent? {
    defer {
      name = ""
      data = []
    }
    guard !data.isEmpty else { return nil }
    return ServerSentEvent(
      name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"), id: id)
  }
}
