import Core
import Foundation
import Library

/// `harkd --check`.
struct StateChecking {
  let options: Options

  init(_ options: Options) { self.options = options }

  /// Prints what the check found. All is well: success; otherwise `badInput`.
  func run() async throws(HarkError) -> ExitStatus {
    let state = try await options.settings().state
    let report = try await StateCheck(path: state).run()
    for problem in report.problems { print("problem: \(problem)") }
    let extent =
      "\(report.files) files, \(report.recordings) recordings, \(report.rows) index rows"
    guard report.problems.isEmpty else {
      let count = report.problems.count
      print("\(state.escaped): \(count) \(count == 1 ? "problem" : "problems") in \(extent)")
      return .badInput
    }
    print("\(state.escaped): all is well (\(extent))")
    return .success
  }
}
