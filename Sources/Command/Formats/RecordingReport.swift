import API
import Core

/// One file and its recording in words.
struct RecordingReport {
  private static let labelWidth = 12

  let file: Wire.File?
  let recording: Wire.Recording?
  /// Best first; `nil` where they are not known.
  var tags: [Wire.Tag]?
  let terminal: Terminal

  var lines: [String] {
    var rows: [(label: String, text: String)] = []
    if let file { rows += describe(file) }
    if let recording { rows += describe(recording) }
    return rows.map { row in
      let padding = String(repeating: " ", count: Self.labelWidth - row.label.count)
      return (row.label.isEmpty ? "" : terminal.bold(row.label)) + padding + row.text
    }
  }

  private func describe(_ file: Wire.File) -> [(label: String, text: String)] {
    var rows = [
      ("File", file.filePath?.escaped ?? file.path), ("State", file.state.rawValue),
      ("Size", Format.bytes(file.size)),
    ]
    let metadata = file.metadata
    let words = [
      ("Title", metadata.title), ("Artist", metadata.artist), ("Album", metadata.album),
      ("Track", metadata.track), ("Date", metadata.date),
    ]
    for (label, text) in words {
      if let text { rows.append((label, text.withoutControls)) }
    }
    if let failure = file.failure {
      let times = failure.count > 1 ? " (\(failure.count) times)" : ""
      rows.append(("Failure", "\(failure.code): \(failure.message)\(times)"))
      let retry = failure.retry == "afterPause" ? "after a pause" : "when the file changes"
      rows.append(("", "tried again \(retry)"))
    }
    return rows
  }

  /// Why there is no loudness: BS.1770-4 measures blocks of 0.4 s that are louder than -70 LUFS.
  private static func unmeasured(_ recording: Wire.Recording) -> String {
    if recording.peak == 0 { return "silent throughout" }
    return recording.duration < 0.4 ? "too short to be measured" : "too quiet to be measured"
  }

  private func describe(_ recording: Wire.Recording) -> [(label: String, text: String)] {
    let channels =
      switch recording.channels {
      case 1: "mono"
      case 2: "stereo"
      default: "\(recording.channels) channels"
      }
    var rows = [
      ("Recording", recording.id), ("Length", Format.moment(recording.duration)),
      ("Format", "\(recording.container), \(recording.codec)"),
      ("", "\(Format.integer(recording.sampleRate)) Hz, \(channels)"),
      ("Peak", Format.fixed(recording.peak, 3)),
      (
        "Loudness",
        recording.loudness.map { "\(Format.fixed($0, 1)) LUFS, of the mix to mono" }
          ?? Self.unmeasured(recording)
      ),
      ("Silence", "\(Format.fixed(recording.silenceShare * 100, 1)) %"),
      ("Decoder", recording.decoder),
    ]
    if let summary = tags.flatMap({ TagReport(tags: $0).summary }) {
      rows.append(("Tags", summary))
    }
    for (index, product) in recording.products.enumerated() {
      let short = product.short ? ", shorter than one patch" : ""
      rows.append(
        (
          index == 0 ? "Embeddings" : "",
          "model \(product.model.prefix(12)), \(product.precision.rawValue), "
            + Format.count(product.segments, "segment") + short
        ))
    }
    for (index, warning) in recording.warnings.enumerated() {
      rows.append((index == 0 ? "Warnings" : "", terminal.warning(warning)))
    }
    let others = recording.files.filter { $0.path != file?.path }
    for (index, other) in others.enumerated() {
      let label = index > 0 ? "" : file == nil ? "Files" : "Also in"
      rows.append((label, other.filePath?.escaped ?? other.path))
    }
    if recording.files.isEmpty { rows.append(("Files", "none left")) }
    return rows
  }
}

extension String {
  /// A file's own words with control characters made harmless to a terminal.
  var withoutControls: String {
    var scalars = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      let isControl =
        scalar.properties.generalCategory == .control
        // Direction overrides reach beyond their own text.
        || (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      scalars.append(isControl ? " " : scalar)
    }
    return String(scalars)
  }
}
