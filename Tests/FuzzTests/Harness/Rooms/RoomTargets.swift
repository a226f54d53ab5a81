/// Ways in that need none of the libraries that the daemon has besides its workers'.
enum RoomTargets {
  static var all: [any FuzzTarget.Type] {
    [
      FrameTarget.self, IndexTarget.self, LandmarkTarget.self, ModelTarget.self, AudioTarget.self,
    ]
  }
}
