import API
import Core

extension Metadata {
  /// Artist and title as a table shows them; empty without either.
  var heading: String {
    [artist, title].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " – ")
      .withoutControls
  }
}
