import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What systemd does for the daemon, and hears from it.
  @Suite struct SystemdTests {
    private static let activator = ProgramRun.find("systemd-socket-activate")

    @Test(.enabled(if: activator != nil, "needs systemd-socket-activate"))
    func anInheritedSocketIsServedAndLeft() async throws {
      let home = try DaemonProcess.Home()
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("a.wav"))
      let daemon = try DaemonProcess(
        home, launcher: (try #require(Self.activator), ["-l", home.socket.path]))
      try await eventually("systemd listens") {
        FileManager.default.fileExists(atPath: home.socket.path)
      }
      // The first question starts the daemon, and is answered.
      let status = try await daemon.hark("status", "--wait", "--json")
      #expect(status.status == 0, "\(status.errors)")
      try await daemon.untilAnalysed(["a.wav"])
      #expect(try await daemon.status().pid == daemon.process.identifier)
      #expect(try await daemon.stop() == 0)
      #expect(FileManager.default.fileExists(atPath: home.socket.path), "the socket is systemd's")
    }

    @Test func newsIsTold() async throws {
      let home = try DaemonProcess.Home()
      let socket = try NotifySocket(home.beside("notify"))
      let daemon = try await DaemonProcess.start(
        home, environment: ["NOTIFY_SOCKET": home.beside("notify").path])
      try await socket.receive("READY=1")
      daemon.process.send(SIGHUP)
      try await socket.receive("RELOADING=1")
      try await socket.receive("READY=1")
      daemon.process.send(SIGTERM)
      try await socket.receive("STOPPING=1")
      #expect(try await daemon.process.waitForExit() == 0)
    }

    @Test func settingsAreReread() async throws {
      let home = try DaemonProcess.Home(settings: "log-level: error\n")
      let daemon = try await DaemonProcess.start(home)
      #expect(home.logText.isEmpty)
      try Data("log-level: info\n".utf8).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the settings are read") {
        home.logText.contains("settings are read again")
      }
      // What waits for a restart is named.
      try Data("log-level: info\nworkers: 1\n".utf8).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("what waits is named") {
        home.logText.contains("only when harkd is restarted: workers")
      }
      // Bad settings change nothing.
      try Data("log-levle: info\n".utf8).write(to: home.settings)
      daemon.process.send(SIGHUP)
      try await eventually("the mistake is told") { home.logText.contains("log-levle") }
      #expect(try await daemon.hark("status").status == 0)
      #expect(try await daemon.stop() == 0)
    }
  }
}

/// What a service manager listens on.
private final class NotifySocket {
  private let descriptor: Int32

  init(_ url: URL) throws {
    let kind = SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    descriptor = socket(AF_UNIX, Int32(kind), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(url.path.utf8)) }
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard descriptor >= 0, result == 0 else {
      throw Unmet(description: "cannot bind \(url.path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// Waits for a datagram that has `line` among its lines, and leaves out others.
  func receive(_ line: String) async throws {
    try await eventually("systemd is told \(line)") {
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return false }
      let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
      return lines.contains { $0 == line }
    }
  }
}
