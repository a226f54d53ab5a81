import Embedding
import Foundation

/// What the figures were measured on.
struct Machine {
  var processor: String
  var cores: Int
  var kernel: String
  /// Instruction sets that matter here, as the kernel names them.
  var instructionSets: [String]
  /// Processes that wanted to run, averaged over a minute, before the first measurement.
  var load: Double

  static let coreCount = ProcessInfo.processInfo.activeProcessorCount

  static func current() -> Machine {
    var fields: [String: String] = [:]
    for line in text("/proc/cpuinfo").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].trimmingCharacters(in: .whitespaces)
      if fields[name] == nil { fields[name] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let flags = Set((fields["flags"] ?? fields["Features"] ?? "").split(separator: " "))
    let known = [
      "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "asimd", "asimddp",
    ]
    return Machine(
      processor: fields["model name"] ?? "unknown",
      cores: coreCount,
      kernel: text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines),
      instructionSets: known.filter { flags.contains(Substring($0)) },
      load: Double(text("/proc/loadavg").split(separator: " ").first ?? "") ?? .nan)
  }

  var description: String {
    let precisions = PrecisionSupport.current.supported.map(\.rawValue).sorted()
    return
      "\(processor), \(cores) cores, Linux \(kernel), \(instructionSets.joined(separator: " "))"
      + "; the network runs at \(precisions.joined(separator: ", "))"
      + "; load average at the start \(Row.text(load, 1, ""))"
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
