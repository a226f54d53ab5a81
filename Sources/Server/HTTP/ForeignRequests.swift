import Core
import HTTPTypes
import Hummingbird

/// Web pages have no business here. A browser cannot open a Unix socket, but something may stand
/// between: a proxy, `ssh -L`, socat. It then sends, for any page, what the page asks.
extension Request {
  /// Throws `permissionDenied` for what a page of another origin asks, and for what is meant for
  /// another host: a page whose own name was made to lead here (DNS rebinding) sends that name.
  func refuseForeigners() throws(HarkError) {
    let host = head.authority ?? ""
    guard field("host") == nil else {
      throw HarkError(.invalidArgument, "the request names two hosts", remedy: "send one Host")
    }
    guard host.isEmpty || Self.isOwn(host) else {
      throw HarkError(
        .permissionDenied, "requests for the host \(host) are refused",
        remedy: "ask for http://localhost/; a proxy in between must send Host: localhost")
    }
    if let origin = headers[.origin] {
      guard !host.isEmpty, origin == "http://\(host)" || origin == "https://\(host)" else {
        throw Self.foreign("the origin \(origin)")
      }
    }
    // What a page embeds, such as an image, has no Origin.
    if let site = field("sec-fetch-site"), site != "same-origin", site != "none" {
      throw Self.foreign("another site's page")
    }
  }

  private func field(_ name: String) -> String? {
    headers.first { $0.name.canonicalName == name }?.value
  }

  /// Names of this machine alone, and any of one label: clients of Unix sockets must send some name and
  /// make one up (`unix`, `hark`). A page can be led here only by a name that a name server gives away,
  /// and those have two labels or more.
  private static func isOwn(_ host: String) -> Bool {
    var name = Substring(host.lowercased())
    if let colon = name.lastIndex(of: ":"),
      name[name.index(after: colon)...].allSatisfy(\.isNumber),
      !name.hasSuffix("]")
    {
      name = name[..<colon]
    }
    let isOneLabel = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
    }
    return isOneLabel && !name.isEmpty || ["127.0.0.1", "[::1]"].contains(name)
  }

  private static func foreign(_ whose: String) -> HarkError {
    HarkError(
      .permissionDenied, "requests from \(whose) are refused",
      remedy: "ask from a program, not from a page of another origin")
  }
}
