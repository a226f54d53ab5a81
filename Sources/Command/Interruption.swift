import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Turns a signal into cancellation, so that a command can put the terminal and its files in order.
/// A second signal, or a command that does not end within two seconds, ends the process at once.
///
/// Unchecked, because Dispatch's sources are thread-safe and only lack the mark; everything else is
/// constant or behind the mutex.
final class Interruption: @unchecked Sendable {
  private static let patience = DispatchTimeInterval.seconds(2)

  private let source: any DispatchSourceSignal
  private let count = Mutex(0)
  private let number: Int32

  /// `nil` for a signal that the process was started to ignore (nohup, a shell's background job).
  init?(_ number: Int32, of task: Task<Int32, Never>) {
    var previous = sigaction()
    guard sigaction(number, nil, &previous) == 0,
      unsafeBitCast(previous.__sigaction_handler.sa_handler, to: Int.self)
        != unsafeBitCast(SIG_IGN, to: Int.self)
    else { return nil }
    self.number = number
    signal(number, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler { [weak self] in self?.handle(task) }
    source.resume()
  }

  /// The status with which a shell expects a program to end after this signal, if it came.
  var status: Int32? { count.withLock { $0 > 0 ? 128 + number : nil } }

  private func handle(_ task: Task<Int32, Never>) {
    let times = count.withLock { count in
      count += 1
      return count
    }
    let status = 128 + number
    guard times == 1 else { _exit(status) }
    task.cancel()
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { _exit(status) }
  }
}
