/// What one worker is doing, for `hark status`.
public struct WorkerStatus: Sendable, Hashable {
  public enum State: String, Sendable, Hashable {
    /// Loading its models.
    case starting
    case idle
    case busy
    /// It died or cannot start; the next attempt comes after a pause.
    case waiting
    case stopped
  }

  public var lane: Lane
  public var state: State
  /// Process number, while there is a process.
  public var pid: Int32?
  /// Name of the file it is working on.
  public var file: String?
  /// Seconds since it began that file.
  public var seconds: Double
  /// Seconds of audio decoded of that file.
  public var decoded: Double
  /// How often a worker had to be started again in this place.
  public var restarts: Int

  init(lane: Lane) {
    self.lane = lane
    state = .starting
    seconds = 0
    decoded = 0
    restarts = 0
  }
}
