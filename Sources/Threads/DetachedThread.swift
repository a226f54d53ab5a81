import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A detached thread: for calls that block, which Swift's cooperative threads must never do.
public enum DetachedThread {
  private final class Body {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `body` on a new thread with all signals blocked, so that signals reach the threads that
  /// expect them; but not SIGBUS, which a thread brings upon itself.
  ///
  /// - Parameter stack: bytes that its calls may take; memory is used as they take it.
  /// - Throws: ``HarkError`` (`system`) if there is no room for a thread.
  public static func start(
    stack: Int = 512 << 10, _ body: @escaping @Sendable () -> Void
  ) throws(HarkError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, stack)
    let box = Unmanaged.passRetained(Body(body))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    // Blocked, it would end the process without a word.
    sigdelset(&all, SIGBUS)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    guard result == 0 else {
      box.release()
      throw HarkError.system("no thread can be started", errno: result)
    }
  }
}
