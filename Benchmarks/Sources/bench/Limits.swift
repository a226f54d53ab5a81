import CPeaks
import Dispatch

/// What the machine can do at best, measured in the same run as what is held against it.
struct Limits {
  /// Operations a second of one core, a multiplication with its addition being two; 0 where this
  /// processor's instructions are not known here.
  var floats: Double
  var bytes: Double
  /// Bytes a second that one core reads from memory, and all cores together.
  var reading: Double
  var readingTogether: Double
  /// Work that all cores do at once as a multiple of one core's: as many as there are, if they are
  /// real and nobody else uses them.
  var coresAtOnce: Double

  /// Far more than any cache holds.
  private static let size = 256 << 20
  private nonisolated static let turns: UInt64 = 5_000_000
  private static let rounds = 7

  /// Measured at the first use, in about two seconds.
  static let current = measure()

  private static func measure() -> Limits {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
    defer { memory.deallocate() }
    for offset in stride(from: 0, to: size, by: 8) {
      memory.storeBytes(of: offset, toByteOffset: offset, as: Int.self)
    }
    // The best of a few: what disturbs can only slow down.
    var (floats, bytes, reading) = (0.0, 0.0, 0.0)
    for _ in 0..<rounds {
      floats = max(floats, 2 * rate { Double(bench_multiply_floats(turns)) })
      bytes = max(bytes, 2 * rate { Double(bench_multiply_bytes(turns)) })
      reading = max(reading, rate { read(UnsafeRawBufferPointer(memory), part: 0, of: 1) })
    }
    let cores = Machine.coreCount
    var (alone, together, readingTogether) = (0.0, 0.0, 0.0)
    for _ in 0..<rounds {
      alone = max(alone, wallRate(cores: 1) { _ in Double(bench_multiply_floats(turns)) })
      together = max(
        together, wallRate(cores: cores) { _ in Double(bench_multiply_floats(turns)) })
      nonisolated(unsafe) let shared = UnsafeRawBufferPointer(memory)
      readingTogether = max(
        readingTogether, wallRate(cores: cores) { read(shared, part: $0, of: cores) })
    }
    return Limits(
      floats: floats, bytes: bytes, reading: reading, readingTogether: readingTogether,
      coresAtOnce: alone > 0 ? together / alone : .nan)
  }

  /// Bytes read.
  private nonisolated static func read(
    _ memory: UnsafeRawBufferPointer, part: Int, of parts: Int
  ) -> Double {
    let length = memory.count / parts / 256 * 256
    guard let start = memory.baseAddress else { return 0 }
    // The sum goes nowhere; asking for it keeps the reading.
    return bench_read(start + part * length, length) == 0 ? 0 : Double(length)
  }

  /// What `body` did for each second of the processor's time.
  private static func rate(_ body: () -> Double) -> Double {
    let start = Clock.now()
    let work = body()
    return work / (Clock.now() - start).processor
  }

  /// What `body` did on `cores` threads at once, for each second by the wall clock.
  private static func wallRate(
    cores: Int, _ body: @Sendable (_ core: Int) -> Double
  ) -> Double {
    let start = Clock.now()
    let work = UnsafeMutableBufferPointer<Double>.allocate(capacity: cores)
    defer { work.deallocate() }
    nonisolated(unsafe) let results = work
    DispatchQueue.concurrentPerform(iterations: cores) { results[$0] = body($0) }
    return work.reduce(0, +) / (Clock.now() - start).wall
  }
}

extension Limits {
  /// The table's rows about the machine itself.
  var report: Report {
    var report = Report()
    let cores = Machine.coreCount
    report.rows = [
      Row("\(cores) cores at once, as a multiple of one", Row.text(coresAtOnce, 2, "×")),
      Row("— arithmetic of one core, f32", Row.text(floats / 1e9, 0, "GFLOP/s")),
      Row("— arithmetic of one core, 8 bits", Row.text(bytes / 1e9, 0, "GOP/s")),
      Row("— memory read by one core", Row.text(reading / 1e9, 1, "GB/s")),
      Row("— memory read by all cores", Row.text(readingTogether / 1e9, 1, "GB/s")),
    ]
    report.notes = [
      "machine: multiplications with additions in registers, 256 MiB read in order; the best of "
        + "\(Self.rounds) rounds, for one core by its own processor time."
    ]
    return report
  }
}
