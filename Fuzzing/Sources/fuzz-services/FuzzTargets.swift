/// What this program can be started for.
enum FuzzTargets {
  static let all = ServiceTargets.all
}
