/// One way into Hark for bytes that others made. Making one prepares what every input is tried on.
protocol FuzzTarget {
  /// Its name, which its folder of the corpus has too.
  static var name: String { get }

  /// Inputs from which mutations begin, made by our own code: besides those in the corpus's folder.
  static func seeds() throws -> [[UInt8]]

  init() throws

  /// Takes one input in. It may refuse it; it must not trap, hang, or take memory without bound. What
  /// it takes in has to keep the promises that are looked at here, or else ``broken(_:)`` is called.
  func take(_ input: [UInt8])
}

extension FuzzTarget {
  static func seeds() throws -> [[UInt8]] { [] }
}

/// Ends the process. The input lies in the temporary directory, as `hark-fuzz-` and the target's name.
func broken(_ promise: String, line: Int = #line) -> Never {
  fatalError("a promise is broken: \(promise) (line \(line))")
}
