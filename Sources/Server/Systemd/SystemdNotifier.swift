import Core
import Glibc

/// Tells the service manager how the daemon stands (sd_notify(3)): a datagram to `NOTIFY_SOCKET`.
public struct SystemdNotifier: Sendable {
  private let address: UnixAddress
  /// How often the watchdog wants a sign of life, if it is on for this process.
  public let watchdog: Duration?

  /// `nil` where no service manager waits for news.
  public init?(environment: [String: String], pid: Int32 = getpid()) {
    guard let text = environment["NOTIFY_SOCKET"], let address = UnixAddress(notifySocket: text)
    else { return nil }
    self.address = address
    let isOurs = environment["WATCHDOG_PID"].map { Int32($0) == pid } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
    watchdog = isOurs && microseconds > 0 ? .microseconds(microseconds) : nil
  }

  /// Start-up has ended, or a reload has.
  public func ready(status: String? = nil) { send(["READY=1"] + line(status)) }

  /// Settings are read again; ``ready(status:)`` ends it.
  public func reloading() {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let microseconds = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000
    send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
  }

  /// Shutting down has begun.
  public func stopping(status: String? = nil) { send(["STOPPING=1"] + line(status)) }

  /// One line for `systemctl status`.
  public func status(_ text: String) { send(line(text)) }

  /// A sign of life.
  public func alive() { send(["WATCHDOG=1"]) }

  private func line(_ status: String?) -> [String] {
    status.map { ["STATUS=" + $0.split(whereSeparator: \.isNewline).joined(separator: " ")] } ?? []
  }

  /// News is never worth an error: a service manager that is gone misses nothing.
  private func send(_ lines: [String]) {
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let text = Array(lines.joined(separator: "\n").utf8)
    _ = address.withSockaddr { pointer, length in
      sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), pointer, length)
    }
  }
}
