#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension HarkError {
  /// An error for a system call that just failed: the code and cause come from `errno`.
  ///
  /// - Parameters:
  ///   - message: what was being done, and to what.
  ///   - number: the call's `errno`, read before anything else could change it.
  public static func system(
    _ message: String, errno number: Int32, remedy: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> HarkError {
    let code: Code =
      switch number {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOSPC, EDQUOT, EFBIG: .noSpace
      default: .system
      }
    return HarkError(
      code, message, remedy: Self.remedy(forShortage: number) ?? remedy,
      cause: describe(errno: number), file: file, line: line)
  }

  /// What helps where the process or the system is short of descriptors or memory, so that the call
  /// that failed says nothing about what it was asked for; `nil` for any other error number.
  public static func remedy(forShortage number: Int32) -> String? {
    switch number {
    case EMFILE: "raise the limit of open files (LimitNOFILE= in the unit, or ulimit -n)"
    case ENFILE: "raise the system's limit of open files (sysctl fs.file-max)"
    case ENOMEM: "free some memory, or raise the service's limit (MemoryMax= in the unit)"
    default: nil
    }
  }

  /// The system's words for an error number.
  public static func describe(errno number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &buffer, buffer.count) == 0 else { return "error \(number)" }
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self)
  }
}
