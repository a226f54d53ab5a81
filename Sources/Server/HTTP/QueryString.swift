import API
import Core
import SystemPackage

/// The parameters of a request's URL, as a route declares them.
///
/// Values are bytes until something else is asked for, so that a path which is not UTF-8 can be
/// percent-encoded like any other.
struct QueryString: Sendable {
  private var values: [String: [[UInt8]]] = [:]

  /// Throws `invalidArgument` for a parameter that the route does not have, one that is given twice
  /// and may not be, and a broken percent escape.
  init(_ text: String?, allowing parameters: [QueryParameter]) throws(HarkError) {
    for pair in (text ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(parts[0]).flatMap({ String(validating: $0, as: UTF8.self) }),
        let value = Self.decode(parts.count > 1 ? parts[1] : "".utf8[...])
      else {
        throw HarkError(
          .invalidArgument, "the URL's query has a broken percent escape",
          remedy: "write % as %25")
      }
      guard let parameter = parameters.first(where: { $0.name == name }) else {
        let known = parameters.map(\.name).sorted().joined(separator: ", ")
        throw HarkError(
          .invalidArgument, "“\(name)” is not a parameter of this route",
          remedy: known.isEmpty ? "it takes none" : "known parameters: \(known)")
      }
      guard parameter.isRepeatable || values[name] == nil else {
        throw HarkError(.invalidArgument, "“\(name)” is given twice", remedy: "give it once")
      }
      values[name, default: []].append(value)
    }
  }

  func has(_ name: String) -> Bool { values[name] != nil }

  var isEmpty: Bool { values.isEmpty }

  /// Every value of a parameter.
  func bytes(_ name: String) -> [[UInt8]] { values[name] ?? [] }

  /// Every value of a parameter, as text.
  func texts(_ name: String) throws(HarkError) -> [String] {
    var texts: [String] = []
    for value in values[name] ?? [] {
      guard let text = String(validating: value, as: UTF8.self) else {
        throw HarkError(.invalidArgument, "“\(name)” is not UTF-8")
      }
      texts.append(text)
    }
    return texts
  }

  func text(_ name: String) throws(HarkError) -> String? { try texts(name).first }

  /// A whole number within `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(HarkError) -> Int? {
    guard let text = try text(name) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw HarkError(
        .invalidArgument,
        "“\(name)” must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A finite number, such as a time in seconds.
  func number(_ name: String) throws(HarkError) -> Double? {
    guard let text = try text(name) else { return nil }
    guard let value = Double(text), value.isFinite, text.first?.isWhitespace == false else {
      throw HarkError(.invalidArgument, "“\(name)” must be a number")
    }
    return value
  }

  /// Every path of a parameter and of its companion `…_base64`.
  func paths(_ name: String) throws(HarkError) -> [FilePath] {
    var paths: [FilePath] = []
    for value in values[name] ?? [] {
      paths.append(try RequestPath.plain(value, name: name))
    }
    for text in try texts(name + "_base64") {
      paths.append(try RequestPath.base64(text, name: name + "_base64"))
    }
    return paths
  }

  /// The one path of a parameter or of its companion.
  func path(_ name: String) throws(HarkError) -> FilePath? {
    let paths = try paths(name)
    guard paths.count <= 1 else {
      throw HarkError(
        .invalidArgument, "“\(name)” and “\(name)_base64” are given together",
        remedy: "give one of them")
    }
    return paths.first
  }

  /// Percent-decoding with `+` for a space, as forms and most clients' libraries write it.
  private static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        let digits = rest.prefix(2)
        guard digits.count == 2,
          let value = Hexadecimal.decode(String(decoding: digits, as: UTF8.self))
        else { return nil }
        bytes += value
        rest = rest.dropFirst(2)
      default: bytes.append(byte)
      }
    }
    return bytes
  }
}
