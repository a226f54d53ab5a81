import Core
import SystemPackage

#if !FUZZING
  @testable import harkd
#endif

/// A settings file as somebody may have written it.
struct SettingsTarget: FuzzTarget {
  static let name = "settings"

  private let scratch: Scratch
  private let defaults = DefaultPaths(environment: ["HOME": "/home/u"], isRoot: false)

  init() throws { scratch = try Scratch() }

  func take(_ input: [UInt8]) {
    scratch.write(input, "hark.yaml")
    let path = scratch.file("hark.yaml")
    let settings = waitFor { [defaults] in
      do {
        let file = try await SettingsSource.file(path)
        return try Settings(sources: [file], defaults: defaults, cores: 2) as Settings?
      } catch { return nil }
    }
    guard let settings else { return }
    guard (1...256).contains(settings.workers), settings.settle.isFinite,
      settings.state.isAbsolute, settings.watch.allSatisfy(\.isAbsolute)
    else { broken("a setting is what is allowed: \(settings)") }
  }

  static func seeds() throws -> [[UInt8]] {
    [
      "watch:\n  - /music\n  - \"/sound effects\"\nworkers: 2\nsettle: 0.5\nlog-level: info\n",
      "# a comment\nstate: /s\nsocket: /r/hark.sock\nsocket-group: audio\nmodel: /m\n",
      "precision: int8\nworker-memory: 1024\nworker-nice: 19\nmax-connections: 512\n",
      "max-request: 1024\nmax-audio: 2048\nrequest-timeout: 60\nwatch: [/a, '/b', !!str c]\n",
      "a: &x [1, 2]\nb: *x\n---\nc: |\n  text\n? {k: v}\n: -.inf\n",
    ].map { Array($0.utf8) }
  }
}
