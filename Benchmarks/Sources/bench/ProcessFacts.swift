import Core
import Foundation
import Glibc

/// What the kernel tells about a running process.
struct ProcessFacts {
  let pid: Int32

  /// A size in `/proc/PID/status`, such as `RssAnon` or `VmHWM`, in bytes.
  func memory(_ field: String) throws -> Double {
    guard let kilobytes = try Self.field(field, of: "/proc/\(pid)/status") else {
      throw HarkError(.unavailable, "the kernel tells no \(field) of process \(pid)")
    }
    return kilobytes * 1024
  }

  /// The processor's time that the process has had, in seconds.
  func processorSeconds() throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    // After the name, which may hold anything: utime and stime are the 14th and 15th field.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw HarkError(.unavailable, "the kernel tells no times of process \(pid)")
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// How often each of the process's threads went to sleep by itself: every wake-up ends in one.
  /// Threads that ended meanwhile count no more.
  func sleeps() throws -> [String: Double] {
    var counts: [String: Double] = [:]
    for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") {
      let path = "/proc/\(pid)/task/\(thread)/status"
      counts[thread] = (try? Self.field("voluntary_ctxt_switches", of: path)) ?? nil
    }
    return counts
  }

  /// The thread's name, and its number where it has ended.
  func name(ofThread thread: String) -> String {
    let text = try? String(
      contentsOfFile: "/proc/\(pid)/task/\(thread)/comm", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? thread
  }

  /// Processes that this one started.
  func children() throws -> [ProcessFacts] {
    var children: [ProcessFacts] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
      guard let number = Int32(name) else { continue }
      let parent = try? Self.field("PPid", of: "/proc/\(number)/status")
      if parent == Double(pid) { children.append(ProcessFacts(pid: number)) }
    }
    return children
  }

  private static func field(_ name: String, of path: String) throws -> Double? {
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      guard line.hasPrefix(name + ":") else { continue }
      return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
    }
    return nil
  }
}

extension Double {
  /// Bytes as the tables give them.
  var megabytes: Double { self / 1e6 }
}
