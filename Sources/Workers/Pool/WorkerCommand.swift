import Core
import Glibc
import SystemPackage

/// The argument list and environment with which a worker is started.
struct WorkerCommand {
  private let path: [CChar]
  private let arguments: [[CChar]]
  private let environment: [[CChar]]

  init(_ configuration: WorkerPoolConfiguration, models: [FilePath]) {
    path = Self.terminated(configuration.executable.bytes)
    var arguments = [path]
    for model in models {
      arguments += [Self.terminated("--model".utf8), Self.terminated(model.bytes)]
    }
    if let precision = configuration.precision {
      arguments += [Self.terminated("--precision".utf8), Self.terminated(precision.rawValue.utf8)]
    }
    arguments += [
      Self.terminated("--socket-fd".utf8), Self.terminated("\(WorkerServer.socketNumber)".utf8),
    ]
    self.arguments = arguments
    environment = Self.environment()
  }

  /// What the parent's environment says, without what was meant for the parent alone.
  private static func environment() -> [[CChar]] {
    let own = ["NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "HARK_", "OMP_", "SWIFT_BACKTRACE"]
    var variables: [[CChar]] = []
    var next = environ
    while let entry = next.pointee {
      let text = UnsafeBufferPointer(start: entry, count: strlen(entry))
      let isOwn = own.contains { name in
        text.lazy.map { UInt8(bitPattern: $0) }.starts(with: name.utf8)
      }
      if !isOwn { variables.append(Array(text) + [0]) }
      next += 1
    }
    // One thread; and a crash is reported by its signal, at once, not after a minute's backtrace.
    return variables
      + ["OMP_NUM_THREADS=1", "SWIFT_BACKTRACE=enable=no"].map { terminated($0.utf8) }
  }

  private static func terminated(_ bytes: some Sequence<UInt8>) -> [CChar] {
    bytes.map { CChar(bitPattern: $0) } + [0]
  }

  /// The same as C has it, for as long as `body` runs.
  func withPointers<Value>(
    _ body: (
      UnsafePointer<CChar>?, UnsafePointer<UnsafeMutablePointer<CChar>?>,
      UnsafePointer<UnsafeMutablePointer<CChar>?>
    ) -> Value
  ) -> Value {
    let argv = Self.copy(arguments)
    let envp = Self.copy(environment)
    defer { for pointer in argv + envp { pointer?.deallocate() } }
    return path.withUnsafeBufferPointer { path in
      argv.withUnsafeBufferPointer { argv in
        envp.withUnsafeBufferPointer { envp in
          // Both end with a null pointer, so that neither is empty.
          guard let arguments = argv.baseAddress, let variables = envp.baseAddress else {
            preconditionFailure("an array with an element has an address")
          }
          return body(path.baseAddress, arguments, variables)
        }
      }
    }
  }

  private static func copy(_ texts: [[CChar]]) -> [UnsafeMutablePointer<CChar>?] {
    texts.map { text in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
      copy.initialize(from: text, count: text.count)
      return copy
    } + [nil]
  }
}
