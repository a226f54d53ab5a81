import CLinux
import Core
import SystemPackage

/// Bounds on what clients may ask of the server.
public struct ServerConfiguration: Sendable {
  /// Bytes of a request's JSON.
  public var maximumJSONBytes = 1 << 20
  /// Bytes of audio that a query may bring; they are spooled to ``spoolDirectory``.
  public var maximumAudioBytes: Int64 = 2 << 30
  /// Queries with audio at the same time, half of them by one user; another one is told to come back.
  public var maximumAudioRequests = 4
  /// Bytes of a request's line and headers, all together and each.
  public var maximumHeaderBytes = 64 << 10
  /// Headers of a request.
  public var maximumHeaders = 128
  /// Connections at the same time, on all listeners together. With one more, the longest idle one of
  /// the user who has most is closed (``ConnectionShares``).
  public var maximumConnections = 256
  /// Who may ask and control, among those whom the sockets' modes let in.
  public var access = AccessRules()
  /// Requests of one user that are carried out at the same time; more wait their turn.
  public var requestsPerUser = max(2, Int(hark_core_count()))
  /// Answers of more than 64 KiB that one user may leave unread; with so many, the user's further
  /// requests wait.
  public var longAnswersPerUser = 16
  /// JSON requests of more than 64 KiB at the same time.
  public var maximumLongRequests = 32
  /// Backups at the same time; each holds a copy of the catalogue on the disk.
  public var maximumBackups = 4
  /// Event streams at the same time, on all listeners together, half of them to one user.
  public var maximumEventStreams = 64
  /// How long a connection may be silent, between requests and while one is read.
  public var idleTimeout: Duration = .seconds(60)
  /// How long a request's body may take, besides what ``minimumBodyRate`` allows for its length.
  public var bodyTimeout: Duration = .seconds(30)
  /// Bytes per second that a body must reach after ``bodyTimeout``.
  public var minimumBodyRate = 4 << 10
  /// How long a client may leave an answer unread once the buffers are full.
  public var writeTimeout: Duration = .seconds(30)
  /// How long a connection that is being closed is read on, so that the client sees the answer.
  public var lingerTimeout: Duration = .seconds(2)
  /// How long requests that are under way may go on after shutdown has begun.
  public var drainTimeout: Duration = .seconds(10)
  /// Time between the comments that keep an event stream alive.
  public var heartbeat: Duration = .seconds(15)
  /// Events that an event stream keeps for a client that is slow; then it loses the oldest.
  public var eventBuffer = 1024
  /// Where audio is spooled, to files without a name: the state directory, or one for temporary
  /// files. It must be on a disk that has room.
  public var spoolDirectory: FilePath

  public init(spoolDirectory: FilePath) { self.spoolDirectory = spoolDirectory }
}
