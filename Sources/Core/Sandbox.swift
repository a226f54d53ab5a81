/// What keeps a worker from doing anything but decoding, besides resource limits.
public struct Sandbox: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// System calls outside a list fail or end the process.
  public static let seccomp = Sandbox(rawValue: 1)
  /// No path can be opened, whatever the system call.
  public static let landlock = Sandbox(rawValue: 2)
  /// All there is.
  public static let full: Sandbox = [.seccomp, .landlock]

  /// The members' names, in a fixed order.
  public var names: [String] {
    [(Sandbox.seccomp, "seccomp"), (.landlock, "Landlock")].filter { contains($0.0) }.map(\.1)
  }
}
