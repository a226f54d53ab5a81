#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Standard input, output and error.
public enum StandardDescriptors {
  /// Lets those that whoever started the process has closed lead to /dev/null, before anything else is
  /// opened: the next file or lock would get their numbers, and what is printed would be written to it.
  public static func open() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
      _ = Self.openNull()
    }
  }

  /// The lowest free number.
  private static func openNull() -> Int32 {
    #if canImport(Glibc)
      Glibc.open("/dev/null", O_RDWR)
    #elseif canImport(Musl)
      Musl.open("/dev/null", O_RDWR)
    #endif
  }
}
