/// Ways in that need what the daemon and the command line are made of.
enum ServiceTargets {
  static var all: [any FuzzTarget.Type] {
    [
      SettingsTarget.self, HTTPTarget.self, AnswerTarget.self, BackupTarget.self,
    ]
  }
}
