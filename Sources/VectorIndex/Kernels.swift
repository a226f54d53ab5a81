import CKernels
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// One table of search kernels. Which one is used changes the time that a query takes, never its
/// answer.
struct Kernels: @unchecked Sendable {
  // Safe to share: the tables are constants in C.
  private let table: UnsafePointer<hark_kernels>

  /// What this CPU runs fastest, or what the environment's `HARK_KERNEL` forces. Chosen once.
  static let active: Result<Kernels, HarkError> = {
    guard let value = getenv("HARK_KERNEL") else { return .success(.best) }
    let name = String(cString: value)
    if let kernels = Kernels(named: name) { return .success(kernels) }
    return .failure(
      HarkError(
        .invalidSetting, "HARK_KERNEL=\(name) names no kernel that this CPU can run",
        remedy: "unset it, or use one of \(available.map(\.name).joined(separator: ", "))"))
  }()

  static let best = Kernels(table: hark_kernels_best())

  /// Every table that this CPU can run, the scalar oracle first.
  static var available: [Kernels] {
    ["scalar", "avx2", "avx512", "avx512vnni", "neon"].compactMap(Kernels.init(named:))
  }

  private init(table: UnsafePointer<hark_kernels>) { self.table = table }

  init?(named name: String) {
    guard let table = hark_kernels_named(name) else { return nil }
    self.table = table
  }

  var name: String { String(cString: table.pointee.name) }

  /// CRC-32C of `bytes`, going on from `checksum`.
  func crc32c(_ bytes: UnsafeRawBufferPointer, from checksum: UInt32 = 0) -> UInt32 {
    hark_crc32c(table, checksum, bytes.baseAddress, bytes.count)
  }

  func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.withUnsafeBytes { crc32c($0) } }

  /// Scores for selection of `count` rows of the recordings file; +∞ where only double precision
  /// can tell.
  func scoreRecordings(
    _ query: PreparedQuery, _ rows: UnsafeRawPointer, count: Int,
    into scores: UnsafeMutablePointer<Float>
  ) {
    query.unit.withUnsafeBufferPointer {
      hark_cosines_f32(
        table, $0.baseAddress, rows.assumingMemoryBound(to: Float.self), count, scores)
    }
  }

  /// Puts what survives the sieves among the rows of whole blocks into `found`, which has room for every
  /// row and query; rows are counted from the first block's first. Returns how many there are.
  func sift(
    _ sieves: [hark_sieve], _ blocks: UnsafeRawPointer, blocks count: Int,
    into found: UnsafeMutableBufferPointer<hark_survivor>
  ) -> Int {
    sieves.withUnsafeBufferPointer {
      hark_sift(
        table, $0.baseAddress, $0.count, blocks.assumingMemoryBound(to: UInt8.self), count,
        found.baseAddress)
    }
  }

  /// The sum of products of one query's codes and a row's second plane.
  func dot(_ sieves: [hark_sieve], _ query: Int, secondPlane: UnsafeRawPointer) -> Int32 {
    sieves.withUnsafeBytes {
      // A sieve begins with its codes.
      hark_dot_nibbles(
        table,
        $0.baseAddress?.advanced(by: query * MemoryLayout<hark_sieve>.stride)
          .assumingMemoryBound(to: Int8.self), secondPlane.assumingMemoryBound(to: UInt8.self))
    }
  }

  /// Scores for selection of `count` rows of the segments file.
  func scoreSegments(
    _ query: PreparedQuery, _ rows: UnsafeRawPointer, count: Int,
    into scores: UnsafeMutablePointer<Float>
  ) {
    query.rounded.withUnsafeBufferPointer {
      hark_cosines_i8(
        table, $0.baseAddress, query.step, rows.assumingMemoryBound(to: Int8.self),
        RowKind.segments.bytesPerRow, count, scores)
    }
  }
}
