import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import harkd

@Suite struct SettingsTests {
  private let defaults = DefaultPaths(environment: ["HOME": "/home/u"], isRoot: false)

  private func settings(
    flags: [Setting: [String]] = [:], environment: [String: String] = [:], files: [String] = []
  ) async throws -> Settings {
    let directory = try TemporaryDirectory()
    var sources = [SettingsSource.flags(flags), try SettingsSource.environment(environment)]
    for (number, text) in files.enumerated().reversed() {
      let url = directory("\(number).yaml")
      try Data(text.utf8).write(to: url)
      sources.append(try await .file(FilePath(url.path)))
    }
    return try Settings(sources: sources, defaults: defaults, cores: 3)
  }

  private func failure(
    flags: [Setting: [String]] = [:], environment: [String: String] = [:], files: [String] = []
  ) async -> HarkError? {
    do {
      _ = try await settings(flags: flags, environment: environment, files: files)
      return nil
    } catch {
      return error as? HarkError
    }
  }

  @Test func defaultsAreSane() async throws {
    let settings = try await settings()
    #expect(settings.workers == 3)
    #expect(settings.state == "/home/u/.local/state/hark")
    #expect(settings.precision == nil)
    #expect(settings.watch.isEmpty)
  }

  @Test func flagsWinOverTheEnvironmentAndThatOverFiles() async throws {
    let files = ["workers: 1\nsettle: 2\nlog-level: debug\nwatch: [/a]", "workers: 2\nsettle: 3"]
    let fromFiles = try await settings(files: files)
    #expect(fromFiles.workers == 2)
    #expect(fromFiles.settle == 3)
    #expect(fromFiles.logLevel == .debug)
    let environment = ["HARK_WORKERS": "5", "HARK_WATCH": "/b:/c d", "PATH": "/bin"]
    let mixed = try await settings(environment: environment, files: files)
    #expect(mixed.workers == 5)
    #expect(mixed.watch == ["/b", "/c d"])
    let all = try await settings(
      flags: [.workers: ["7"], .watch: ["/x"]], environment: environment, files: files)
    #expect(all.workers == 7)
    #expect(all.watch == ["/x"])
  }

  /// On the command line a path is bytes, which need not be UTF-8.
  @Test func pathsAreTakenByteForByte() async throws {
    let directory = try TemporaryDirectory()
    let odd = FilePath(bytes: Array(directory.path.utf8) + Array("/caf".utf8) + [0xe9])
    let file = try FileDescriptor.open(
      odd, .writeOnly, options: .create, permissions: .ownerReadWrite)
    try file.closeAfter { _ = try file.writeAll("workers: 9\nallow-groups: root".utf8) }
    let text = ArgumentBytes.text(odd.bytes)
    let options = try Options.parse([
      "--watch", text, "--watch", ArgumentBytes.text([0xe9]), "--state", text, "--socket", text,
      "--model", text, "--config", text,
    ])
    let settings = try await options.settings()
    let here = FilePath(FileManager.default.currentDirectoryPath)
    #expect(settings.watch.map(\.bytes) == [odd.bytes, here.bytes + [UInt8(ascii: "/"), 0xe9]])
    #expect(settings.state == odd && settings.socket == odd && settings.model == odd)
    #expect(settings.workers == 9 && settings.allowGroups == [0])
  }

  @Test func everyKeyIsRead() async throws {
    let settings = try await settings(files: [
      """
      watch:
        - /music
        - /samples/
      state: /s
      socket: /run/x.sock
      socket-group: audio
      allow-users: [root, 1000]
      allow-groups: root
      control-users:
        - 7
      control-groups: [0]
      model: /m.safetensors
      precision: int8
      workers: 4
      worker-memory: 512
      worker-nice: 0
      settle: 1.5
      log-level: warning
      max-connections: 7
      max-requests: 15
      max-unread-answers: 17
      max-request: 8
      max-audio: 9
      max-audio-questions: 11
      max-event-streams: 12
      request-timeout: 10
      answer-timeout: 13
      idle-timeout: 14
      """
    ])
    #expect(settings.watch == ["/music", "/samples"])
    #expect(settings.socketGroup == "audio")
    #expect(settings.model == "/m.safetensors")
    #expect(settings.precision == .int8)
    #expect(settings.workerMemory == 512 << 20)
    #expect(settings.workerNice == 0)
    #expect(settings.settle == 1.5)
    #expect(settings.maxConnections == 7)
    #expect(settings.maxRequests == 15)
    #expect(settings.maxUnreadAnswers == 17)
    #expect(settings.maxRequest == 8 << 10)
    #expect(settings.maxAudio == 9 << 20)
    #expect(settings.requestTimeout == 10)
    #expect(settings.allowUsers == [0, 1000])
    #expect(settings.allowGroups == [0])
    #expect(settings.controlUsers == [7])
    #expect(settings.controlGroups == [0])
    #expect(settings.maxAudioQuestions == 11)
    #expect(settings.maxEventStreams == 12)
    #expect(settings.answerTimeout == 13)
    #expect(settings.idleTimeout == 14)
  }

  @Test func everyChangeIsSeen() async throws {
    let before = try await settings()
    let after = try await settings(files: [
      """
      watch: [/music]
      state: /s
      socket: /run/x.sock
      socket-group: audio
      allow-users: [root, 1000]
      allow-groups: root
      control-users:
        - 7
      control-groups: [0]
      model: /m.safetensors
      precision: int8
      workers: 4
      worker-memory: 512
      worker-nice: 0
      settle: 1.5
      log-level: warning
      max-connections: 7
      max-requests: 15
      max-unread-answers: 17
      max-request: 8
      max-audio: 9
      max-audio-questions: 11
      max-event-streams: 12
      request-timeout: 10
      answer-timeout: 13
      idle-timeout: 14
      """
    ])
    #expect(after.differences(from: before) == Setting.allCases)
    #expect(after.differences(from: after).isEmpty)
  }

  @Test func anUnknownKeyNamesFileAndKey() async throws {
    let error = try #require(await failure(files: ["workers: 2\nwokers: 3"]))
    #expect(error.code == .invalidSetting)
    #expect(error.message.contains("wokers"))
    #expect(error.message.contains("0.yaml, line 2"))
    #expect(error.remedy?.contains("workers") == true)
    let variable = try #require(await failure(environment: ["HARK_WOKERS": "3"]))
    #expect(variable.message.contains("HARK_WOKERS"))
  }

  @Test(arguments: [
    "workers: 0", "workers: many", "settle: -1", "log-level: loud", "precision: f64",
    "watch: music", "state: here", "worker-memory: 1", "workers: [1, 2]", "watch: {a: b}",
    "- workers", "workers: 2: 3", "just text", "workers: ''",
    "max-connections: 0", "idle-timeout: 0", "answer-timeout: 1h", "max-event-streams: 0",
    "max-audio-questions: 257",
    "max-requests: 0", "max-unread-answers: 1025", "allow-users: ['']", "allow-groups: {a: b}",
  ])
  func aBadValueIsRefused(text: String) async throws {
    let error = try #require(await failure(files: [text]), "accepted: \(text)")
    #expect(error.code == .invalidSetting, "\(error)")
    #expect(error.message.contains("0.yaml"), "\(error)")
  }

  @Test func anUnknownUserOrGroupIsNamed() async throws {
    for key in ["allow-users", "allow-groups", "control-users", "control-groups"] {
      let error = try #require(await failure(files: ["\(key): [root, no-such-name, 3]"]))
      #expect(error.code == .invalidSetting)
      #expect(error.message.contains("\(key) in "), "\(error)")
      #expect(error.message.contains("0.yaml: no-such-name is not"), "\(error)")
    }
    let environment = ["HARK_ALLOW_USERS": "root:7", "HARK_CONTROL_GROUPS": "0"]
    let settings = try await settings(environment: environment)
    #expect(settings.allowUsers == [0, 7] && settings.controlGroups == [0])
  }

  @Test func anEmptyFileSetsNothing() async throws {
    #expect(try await settings(files: ["", "# only a comment\n"]).workers == 3)
  }

  @Test func pathsFollowTheirStandards() {
    let root = DefaultPaths(environment: ["HOME": "/root"], isRoot: true)
    #expect(root.state == "/var/lib/hark")
    #expect(root.socket == "/run/hark/hark.sock")
    let user = DefaultPaths(
      environment: ["HOME": "/h", "XDG_RUNTIME_DIR": "/run/user/1", "XDG_STATE_HOME": "relative"],
      isRoot: false)
    #expect(user.state == "/h/.local/state/hark")
    #expect(user.socket == "/run/user/1/hark/hark.sock")
    #expect(user.settings == ["/etc/hark/hark.yaml", "/h/.config/hark/hark.yaml"])
    let unit = DefaultPaths(environment: ["STATE_DIRECTORY": "/var/lib/private/hark"], isRoot: true)
    #expect(unit.state == "/var/lib/private/hark")
  }
}
