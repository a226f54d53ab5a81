import CLinux
import Core
import Glibc
import SystemPackage

/// One event of inotify(7).
struct InotifyEvent {
  var watch: Int32
  var mask: UInt32
  var cookie: UInt32
  /// Empty for an event about the watched directory itself.
  var name: [UInt8]

  func has(_ flag: Int) -> Bool { mask & UInt32(flag) != 0 }

  var isDirectory: Bool { has(Int(IN_ISDIR)) }
}

/// The kernel's queue of events, and our own behind it.
final class InotifyQueue {
  /// Events taken from the kernel and not yet handled; beyond it they are dropped and everything is
  /// looked through again, as when the kernel's own queue overflows.
  static let capacity = 200_000

  let descriptor: Int32
  private(set) var events: [InotifyEvent] = []
  private(set) var hasOverflowed = false
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)

  private static let mask =
    UInt32(
      IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB
        | IN_DELETE_SELF | IN_MOVE_SELF) | UInt32(IN_ONLYDIR) | UInt32(IN_EXCL_UNLINK)

  /// Throws the errno of inotify_init1(2), such as EMFILE beyond `max_user_instances`.
  init() throws(Errno) {
    descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard descriptor >= 0 else { throw Errno(rawValue: errno) }
  }

  deinit { close(descriptor) }

  /// Watches a directory; throws the errno, such as ENOSPC at the limit.
  func add(_ path: FilePath) throws(Errno) -> Int32 {
    let watch = path.withPlatformString { inotify_add_watch(descriptor, $0, Self.mask) }
    guard watch >= 0 else { throw Errno(rawValue: errno) }
    return watch
  }

  func remove(_ watch: Int32) { _ = inotify_rm_watch(descriptor, watch) }

  /// Takes everything from the kernel. Never waits.
  func drain() {
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return }
      buffer.withUnsafeBytes { parse(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    var record = hark_inotify_event()
    while hark_inotify_next(bytes.baseAddress, bytes.count, &offset, &record) == 1 {
      guard record.mask & UInt32(IN_Q_OVERFLOW) == 0 else {
        hasOverflowed = true
        continue
      }
      guard events.count < Self.capacity else {
        hasOverflowed = true
        continue
      }
      let name = UnsafeRawBufferPointer(start: record.name, count: Int(record.name_length))
      events.append(
        InotifyEvent(
          watch: record.watch, mask: record.mask, cookie: record.cookie, name: Array(name)))
    }
  }

  /// Everything drained so far, in order.
  func takeEvents() -> [InotifyEvent] {
    defer { events = [] }
    return events
  }

  /// Whether events were lost since the last call.
  func takeOverflow() -> Bool {
    defer { hasOverflowed = false }
    return hasOverflowed
  }

  /// As if the kernel's queue had overflowed.
  func injectOverflow() { hasOverflowed = true }
}

extension InotifyQueue {
  /// Whether something waits to be handled.
  var hasWork: Bool { !events.isEmpty || hasOverflowed }
}
