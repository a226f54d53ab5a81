import Configuration
import Core
import Foundation
import SystemPackage
import Yams

/// One place that settings come from, with the words that name it in an error.
struct SettingsSource: Sendable {
  /// How an error names the place of a key: `key workers in /etc/hark/hark.yaml`.
  let describe: @Sendable (Setting) -> String
  private let reader: ConfigReader

  /// What the place says about `setting`, item by item; `nil` if nothing.
  func values(of setting: Setting) throws(HarkError) -> [String]? {
    let key = ConfigKey(stringLiteral: setting.rawValue)
    if setting.isList, let list = reader.stringArray(forKey: key) { return list }
    return reader.string(forKey: key).map { [$0] }
  }

  /// Flags of the command line.
  static func flags(_ flags: [Setting: [String]]) -> SettingsSource {
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (setting, items) in flags where !items.isEmpty {
      let content: ConfigContent =
        setting.isList ? .stringArray(items) : .string(items[items.count - 1])
      values[AbsoluteConfigKey([setting.rawValue])] = ConfigValue(content, isSecret: false)
    }
    return SettingsSource(
      describe: { "--\($0.rawValue)" },
      reader: ConfigReader(provider: InMemoryProvider(name: "command line", values: values)))
  }

  /// Variables `HARK_*`; the items of a list are separated by colons.
  ///
  /// Throws `invalidSetting` for a variable that begins with `HARK_` and is no setting.
  static func environment(_ environment: [String: String]) throws(HarkError) -> SettingsSource {
    // HARK_SOCKET is a setting; HARK_WORKER names the worker's program; HARK_KERNEL a search kernel.
    let known = Set(Setting.allCases.map(\.environmentVariable) + ["HARK_WORKER", "HARK_KERNEL"])
    for name in environment.keys.sorted() where name.hasPrefix("HARK_") && !known.contains(name) {
      throw HarkError(
        .invalidSetting, "the environment variable \(name) names no setting",
        remedy: "known are \(known.sorted().joined(separator: ", "))")
    }
    let provider = EnvironmentVariablesProvider(
      environmentVariables: environment, arraySeparator: ":")
    return SettingsSource(
      describe: { $0.environmentVariable },
      reader: ConfigReader(provider: provider.prefixKeys(with: "hark")))
  }

  /// A YAML file: one mapping of keys to values.
  ///
  /// Throws `notFound` if it is missing, and `invalidSetting` if it is not such a mapping or holds an
  /// unknown key.
  static func file(_ path: FilePath) async throws(HarkError) -> SettingsSource {
    SettingsSource(
      describe: { "\($0.rawValue) in \(path.escaped)" },
      reader: ConfigReader(
        provider: InMemoryProvider(name: path.escaped, values: try values(in: path))))
  }

  /// What the file at `path` sets. Read here, since swift-configuration's own reader takes paths for
  /// text, and asks for keys and never lists them, so that unknown ones would go unseen.
  private static func values(
    in path: FilePath
  ) throws(HarkError) -> [AbsoluteConfigKey: ConfigValue] {
    let text = try text(of: path)
    let known = Setting.allCases.map(\.rawValue)
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw HarkError(
        .invalidSetting, "\(path.escaped) is not valid YAML", cause: firstLine("\(error)"))
    }
    // Empty, or comments only.
    guard let root, root != Node("") else { return [:] }
    guard let mapping = root.mapping else {
      throw HarkError(
        .invalidSetting, "\(path.escaped) does not hold keys and values",
        remedy: "write lines such as `workers: 2`")
    }
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for (key, value) in mapping {
      guard let name = key.string, let setting = Setting(rawValue: name) else {
        let line = key.mark.map { ", line \($0.line)" } ?? ""
        throw HarkError(
          .invalidSetting,
          "unknown key \(key.string ?? "that is not text") in \(path.escaped)\(line)",
          remedy: "known are \(known.joined(separator: ", "))")
      }
      try check(value, of: setting, in: path)
      let content: ConfigContent =
        if let items = value.sequence {
          .stringArray(items.compactMap { $0.scalar?.string })
        } else {
          .string(value.scalar?.string ?? "")
        }
      values[AbsoluteConfigKey([name])] = ConfigValue(content, isSecret: false)
    }
    return values
  }

  private static func text(of path: FilePath) throws(HarkError) -> String {
    let cause: String
    do {
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      let handle = FileHandle(fileDescriptor: file.rawValue, closeOnDealloc: false)
      let bytes = try handle.readToEnd() ?? Data()
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      cause = "it is not UTF-8"
    } catch {
      guard error as? Errno != .noSuchFileOrDirectory else {
        throw HarkError(
          .notFound, "cannot read the settings file \(path.escaped)", remedy: "check --config",
          cause: "no such file")
      }
      cause = (error as? Errno).map { HarkError.describe(errno: $0.rawValue) } ?? "\(error)"
    }
    throw HarkError(
      .invalidSetting, "cannot read the settings file \(path.escaped)",
      remedy: "check --config, and that the file is readable UTF-8", cause: cause)
  }

  /// swift-configuration takes a value of the wrong shape for none at all.
  private static func check(
    _ value: Node, of setting: Setting, in path: FilePath
  ) throws(HarkError) {
    let isRight =
      switch value {
      case .scalar: true
      case .sequence(let items): setting.isList && items.allSatisfy { $0.scalar != nil }
      default: false
      }
    guard isRight else {
      throw HarkError(
        .invalidSetting,
        "\(setting.rawValue) in \(path.escaped), line \(value.mark?.line ?? 0), is not \(setting.allowed)",
        remedy: "give \(setting.allowed)")
    }
  }

  private static func firstLine(_ text: String) -> String {
    String(text.split(separator: "\n").first ?? "")
  }
}
