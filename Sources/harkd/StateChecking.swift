import Core
import Foundation
import Library
import SystemPackage

/// `harkd --check` and `harkd --repair`.
struct StateChecking {
  let options: Options

  init(_ options: Options) { self.options = options }

  /// Prints what the check found. All is well: success; otherwise `badInput`.
  func check() async throws(HarkError) -> ExitStatus {
    let state = try await options.settings().state
    let report = try await StateCheck(path: state).run()
    return tell(report, state.escaped, "; `harkd --repair` mends what can be mended")
  }

  /// Prints what was done and what is left. All is well now: success; otherwise `badInput`.
  func repair() async throws(HarkError) -> ExitStatus {
    let state = try await options.settings().state
    let report = try await StateRepair(path: state).run()
    for action in report.actions { print("repaired: \(action)") }
    return tell(report.check, state.escaped, " that cannot be mended")
  }

  /// Prints what was restored.
  func restore(from backup: String) async throws(HarkError) -> ExitStatus {
    let state = try await options.settings().state
    let report = try await StateRestore(path: state).run(
      from: ArgumentBytes.path(of: backup))
    print(
      "\(state.escaped): restored from \(ArgumentBytes.escaped(backup)): \(report.files) files, \(report.recordings) "
        + "recordings, \(report.bytes) bytes, all \(report.rows) index rows verified; Hark "
        + "\(report.hark) wrote it")
    return .success
  }

  private func tell(_ report: StateCheck.Report, _ state: String, _ next: String) -> ExitStatus {
    for problem in report.problems { print("problem: \(problem)") }
    let waiting =
      report.waiting > 0 ? ", \(report.waiting) of them to be analysed by the next harkd" : ""
    let extent =
      "\(report.files) files, \(report.recordings) recordings\(waiting), \(report.rows) index rows"
    guard report.problems.isEmpty else {
      let count = report.problems.count
      print("\(state): \(count) \(count == 1 ? "problem" : "problems") in \(extent)\(next)")
      return .badInput
    }
    print("\(state): all is well (\(extent))")
    return .success
  }
}
