import Core
import Glibc
import SystemPackage

/// The worker's side of the protocol: greets, then answers one request after the other, on the
/// calling thread and no other.
public struct WorkerServer: ~Copyable {
  /// The descriptor number at which the pool hands a worker its socket.
  public static let socketNumber: Int32 = 3

  /// Least time between two reports of progress, in nanoseconds.
  private static let progressInterval: UInt64 = 250_000_000

  private let socket: FrameSocket

  /// Takes the socket over. Throws ``HarkError`` (`unavailable`) where `descriptor` is no socket, as
  /// when the program was started by hand.
  public init(descriptor: FileDescriptor) throws(HarkError) {
    var kind: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor.rawValue, SOL_SOCKET, SO_TYPE, &kind, &size) == 0,
      kind == Int32(SOCK_SEQPACKET.rawValue)
    else {
      throw HarkError(
        .unavailable, "descriptor \(descriptor.rawValue) is not a worker's socket",
        remedy: "harkd and hark start hark-worker themselves")
    }
    socket = FrameSocket(descriptor: descriptor)
  }

  /// Tells the pool that everything is built and which models are loaded.
  ///
  /// Throws ``HarkError`` if the pool is gone.
  public func greet(
    decoder: String, models: [LoadedModel], sandbox: Sandbox
  ) throws(HarkError) {
    let pid = UInt32(clamping: getpid())
    for message in Message.greeting(
      pid: pid, decoder: decoder, sandbox: sandbox, models: models)
    {
      try send(message)
    }
  }

  /// Tells the pool why this worker cannot start. The caller then ends.
  public func refuse(_ error: HarkError) {
    // If the pool is gone, nobody is left to be told.
    try? socket.send(
      .refusal(
        Message.Refusal(
          code: error.code, message: error.message, remedy: error.remedy, cause: error.cause)))
  }

  /// Answers requests until the pool closes the socket, then returns.
  ///
  /// `analyse` gets the open file at offset 0, the request, and a function to be called with the
  /// seconds decoded so far, as often as it likes: what it is told passes on a few times a second.
  /// Throws ``HarkError`` if the pool breaks the protocol or vanishes within an answer.
  public func serve(
    _ analyse: (FileDescriptor, AnalysisRequest, (Double) -> Void) throws(AnalysisFailure) ->
      Analysis
  ) throws(HarkError) {
    while let (number, request, file) = try nextRequest() {
      defer { try? file.close() }
      do throws(AnalysisFailure) {
        let analysis = try analyse(file, request, progressReporter(number))
        for message in analysis.messages { try? socket.send(message, request: number) }
      } catch {
        try send(.failure(error), request: number)
      }
    }
  }

  private func nextRequest() throws(HarkError) -> (UInt32, AnalysisRequest, FileDescriptor)? {
    let received: FrameSocket.Received
    do throws(Errno) {
      received = try socket.receive()
    } catch .connectionReset {
      return nil
    } catch {
      throw HarkError.system("a worker cannot read its socket", errno: error.rawValue)
    }
    guard case .packet(let packet, let file) = received else { return nil }
    do throws(MalformedFrame) {
      let (message, number) = try Message.decode(packet)
      guard case .analyse(let request) = message, let file else {
        throw MalformedFrame("\(message.kind) where a request with a file was due")
      }
      return (number, request, file)
    } catch {
      try? file?.close()
      throw HarkError(.defect, "the pool broke the worker protocol", cause: error.description)
    }
  }

  private func progressReporter(_ number: UInt32) -> (Double) -> Void {
    let socket = socket
    var last = MonotonicClock.now()
    return { seconds in
      let now = MonotonicClock.now()
      guard now - last >= Self.progressInterval, seconds.isFinite, seconds >= 0 else { return }
      last = now
      // A pool that is gone shows when the answer is sent.
      try? socket.send(.progress(seconds: seconds), request: number)
    }
  }

  private func send(_ message: Message, request: UInt32 = 0) throws(HarkError) {
    do throws(Errno) {
      try socket.send(message, request: request)
    } catch {
      throw HarkError.system("a worker cannot reach its pool", errno: error.rawValue)
    }
  }
}
