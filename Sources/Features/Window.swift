#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Analysis windows.
public enum Window {
  /// The periodic Hann window: ½ − ½·cos(2πn / length), n = 0 … length − 1. A symmetric one would
  /// divide by length − 1.
  public static func hann(_ length: Int) -> [Double] {
    (0..<length).map { 0.5 - 0.5 * cos(2 * Double.pi * Double($0) / Double(length)) }
  }
}
