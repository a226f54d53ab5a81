#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Users and groups of this system, by name or number.
enum SystemAccount {
  /// A user's number; `nil` for a name that the system does not know. A number need not be known.
  static func user(_ text: String) -> UInt32? {
    if let number = number(text) { return number }
    return lookUp { buffer, length in
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      let result = getpwnam_r(text, &entry, buffer, length, &found)
      return (result, found?.pointee.pw_uid)
    }
  }

  /// The same for a group.
  static func group(_ text: String) -> UInt32? {
    if let number = number(text) { return number }
    return lookUp { buffer, length in
      var entry = Glibc.group()
      var found: UnsafeMutablePointer<Glibc.group>?
      let result = getgrnam_r(text, &entry, buffer, length, &found)
      return (result, found?.pointee.gr_gid)
    }
  }

  /// The last number is none: the kernel takes it for "no change".
  private static func number(_ text: String) -> UInt32? {
    UInt32(text).flatMap { $0 == .max ? nil : $0 }
  }

  /// Calls `ask` with a buffer that grows until an entry fits: a group may have thousands of members.
  private static func lookUp(
    _ ask: (UnsafeMutablePointer<CChar>, Int) -> (Int32, UInt32?)
  ) -> UInt32? {
    var length = 4 << 10
    while length <= 16 << 20 {
      var buffer = [CChar](repeating: 0, count: length)
      let (result, number) = buffer.withUnsafeMutableBufferPointer { bytes in
        bytes.baseAddress.map { ask($0, bytes.count) } ?? (EINVAL, nil)
      }
      guard result == ERANGE else { return number }
      length *= 4
    }
    return nil
  }
}
