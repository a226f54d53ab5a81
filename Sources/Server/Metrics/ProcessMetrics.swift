import Glibc
import SystemPackage

/// What the kernel says about this process (proc(5)), under the names that Prometheus gives it.
struct ProcessMetrics {
  var residentBytes: Double
  var startTime: Double
  var cpuSeconds: Double
  var openDescriptors: Double

  /// `nil` where `/proc` does not tell.
  init?() {
    guard let stat = Self.read("/proc/self/stat"), let system = Self.read("/proc/stat"),
      // The program's name stands in parentheses and may hold anything.
      let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    guard fields.count > 21, let user = Double(fields[11]), let kernel = Double(fields[12]),
      let start = Double(fields[19]), let pages = Double(fields[21]),
      let boot = system.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
        .flatMap({ Double($0.dropFirst(6)) })
    else { return nil }
    residentBytes = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    startTime = boot + start / ticks
    cpuSeconds = (user + kernel) / ticks
    openDescriptors = Double(Self.countDescriptors())
  }

  func write(to text: inout PrometheusText) {
    text.single(
      "process_resident_memory_bytes", .gauge, "Resident memory in bytes.", residentBytes)
    text.single(
      "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
      startTime)
    text.single(
      "process_cpu_seconds_total", .counter, "Processor time that was used, in seconds.",
      cpuSeconds)
    text.single("process_open_fds", .gauge, "Open descriptors.", openDescriptors)
  }

  private static func read(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
    else { return nil }
    defer { try? file.close() }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
      all += buffer.prefix(count)
    }
    return String(decoding: all, as: UTF8.self)
  }

  private static func countDescriptors() -> Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    // Not `.`, not `..`, and not the directory's own.
    return max(0, count - 3)
  }
}
