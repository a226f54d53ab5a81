extension PowerLoss {
  /// Cuts the power before and after every synchronisation and transaction of `events`, in every manner
  /// with so many seeds.
  ///
  /// - Parameter body: gets a directory as the disk may be then, how many transactions were committed, and
  ///   where this is, for messages.
  /// - Returns: how many disks there were.
  package static func replay(
    _ events: [RecordingFileSystem.Event], seeds: Int,
    _ body: (_ image: TemporaryDirectory, _ commits: Int, _ place: String) throws -> Void
  ) throws -> Int {
    var disk = PowerLoss()
    var states = 0
    func look(_ place: Int) throws {
      for manner in Manner.all(seeds) {
        let image = try TemporaryDirectory()
        try disk.write(manner, to: image.url)
        try body(image, disk.commits, "event \(place), \(manner)")
        states += 1
      }
    }
    for (place, event) in events.enumerated() {
      switch event {
      case .synchronised, .synchronisedDirectory, .committed:
        try look(place)
        disk.apply(event)
        try look(place + 1)
      default: disk.apply(event)
      }
    }
    return states
  }
}
