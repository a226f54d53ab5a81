import Core
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import SystemPackage
import TestSupport
import Testing

@testable import Server

@Suite struct SystemdTests {
  /// A listening socket as systemd makes it, with no lock beside it.
  private func systemdSocket(_ path: String) throws -> SystemPackage.FileDescriptor {
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    let address = try UnixAddress(FilePath(path))
    #expect(address.withSockaddr { bind(number, $0, $1) } == 0)
    #expect(listen(number, 16) == 0)
    return SystemPackage.FileDescriptor(rawValue: number)
  }

  @Test func inheritedSocketsAreServedAndLeftInPlace() async throws {
    let directory = try TemporaryDirectory()
    let path = directory("s").path
    let made = try systemdSocket(path)
    let environment = [
      "LISTEN_PID": "\(getpid())", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "harkd.socket",
    ]
    let sockets = try InheritedSockets.find(environment: environment, first: made.rawValue)
    #expect(sockets.map(\.name) == ["harkd.socket"])
    #expect(fcntl(made.rawValue, F_GETFD) & FD_CLOEXEC != 0)
    let listener = try SocketListener(adopting: sockets[0].descriptor)
    #expect(listener.path == FilePath(path))
    let error = #expect(throws: HarkError.self) {
      _ = try SocketListener(path: FilePath(path))
    }
    #expect(error?.code == .locked)

    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = HarkServer(
      library: FakeLibrary(), listeners: [listener],
      configuration: ServerConfiguration(spoolDirectory: FilePath(directory.path)),
      logger: logger)
    let services = ServiceGroup(
      configuration: .init(services: [.init(service: server)], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      let connection = try RawConnection(path)
      try await connection.send(
        "GET /v1/status HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      #expect(try await connection.read().hasPrefix("HTTP/1.1 200"))
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
    #expect(access(path, F_OK) == 0)
  }

  @Test func anEnvironmentForSomebodyElseIsIgnored() throws {
    let other = ["LISTEN_PID": "1", "LISTEN_FDS": "1"]
    #expect(try InheritedSockets.find(environment: other).isEmpty)
    #expect(try InheritedSockets.find(environment: [:]).isEmpty)
    let promise = ["LISTEN_PID": "\(getpid())", "LISTEN_FDS": "1"]
    #expect(throws: HarkError.self) {
      _ = try InheritedSockets.find(environment: promise, first: 60_000)
    }
  }

  @Test func onlyListeningUnixSocketsAreAdopted() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { for number in pair { close(number) } }
    let file = try SystemPackage.FileDescriptor.open("/dev/null", .readOnly)
    defer { try? file.close() }
    for descriptor in [SystemPackage.FileDescriptor(rawValue: pair[0]), file] {
      let error = #expect(throws: HarkError.self) {
        _ = try SocketListener(adopting: descriptor)
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test(arguments: [false, true]) func newsReachTheServiceManager(isAbstract: Bool) async throws {
    let directory = try TemporaryDirectory()
    let name = isAbstract ? "@hark-test-\(UUID().uuidString)" : directory("n").path
    let manager = try #require(UnixAddress(notifySocket: name))
    let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(receiver) }
    try #require(manager.withSockaddr { bind(receiver, $0, $1) } == 0)
    let notifier = try #require(
      SystemdNotifier(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "40000"]))
    #expect(notifier.watchdog == .milliseconds(40))
    func next() -> String {
      var buffer = [UInt8](repeating: 0, count: 1024)
      let count = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
    notifier.ready(status: "serving\n3 roots")
    #expect(next() == "READY=1\nSTATUS=serving 3 roots")
    notifier.reloading()
    #expect(next().hasPrefix("RELOADING=1\nMONOTONIC_USEC="))

    let services = ServiceGroup(
      configuration: .init(
        services: [.init(service: SystemdService(notifier))], logger: Logger(label: "test")))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      var alive = 0
      while alive < 3 {
        if next() == "WATCHDOG=1" { alive += 1 }
        try await Task.sleep(for: .milliseconds(2))
      }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
    // A sign of life that was under way may come after it.
    var hasSaidSo = false
    while case let text = next(), !text.isEmpty {
      hasSaidSo = hasSaidSo || text.hasPrefix("STOPPING=1\nSTATUS=")
    }
    #expect(hasSaidSo)
  }

  @Test func aSickDaemonGivesNoSign() async throws {
    let directory = try TemporaryDirectory()
    let name = directory("n").path
    let manager = try #require(UnixAddress(notifySocket: name))
    let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(receiver) }
    try #require(manager.withSockaddr { bind(receiver, $0, $1) } == 0)
    let notifier = try #require(
      SystemdNotifier(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "2000"]))
    let (asked, source) = AsyncStream.makeStream(of: Void.self)
    let service = SystemdService(notifier) {
      source.yield()
      return false
    }
    let task = Task { try await service.run() }
    var count = 0
    for await _ in asked {
      count += 1
      if count == 5 { break }
    }
    task.cancel()
    var buffer = [UInt8](repeating: 0, count: 64)
    let received = recv(receiver, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    #expect(!String(decoding: buffer.prefix(max(0, received)), as: UTF8.self).contains("WATCHDOG"))
  }

  @Test func noServiceManagerNoNews() {
    #expect(SystemdNotifier(environment: [:]) == nil)
    #expect(SystemdNotifier(environment: ["NOTIFY_SOCKET": "relative"]) == nil)
    let other = ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"]
    #expect(SystemdNotifier(environment: other)?.watchdog == nil)
  }
}
