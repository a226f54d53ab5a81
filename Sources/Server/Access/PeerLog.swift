import Logging
import NIOConcurrencyHelpers

/// Messages that clients cause: of each kind so many a minute for each user; the others are counted,
/// and told at `debug`, so that nobody can fill the journal.
final class PeerLog: Sendable {
  enum Kind: Hashable {
    /// Something was asked for that changes the daemon or costs it much.
    case control
    /// Somebody was refused.
    case refusal
    /// Connections, or descriptors for them, ran out.
    case crowding
    /// That is over.
    case recovery

    /// Messages in one ``PeerLog/window``.
    var limit: Int {
      switch self {
      case .control: 60
      case .refusal: 5
      case .crowding, .recovery: 1
      }
    }
  }

  private struct Key: Hashable {
    var kind: Kind
    var user: UInt32
  }

  private struct Count {
    var start: ContinuousClock.Instant
    var told = 0
    var untold = 0
  }

  /// Users that are told apart at the same time: with user namespaces one may have thousands.
  private static let users = 256
  private static let window = Duration.seconds(60)

  private let logger: Logger
  private let counts = NIOLockedValueBox<[Key: Count]>([:])

  init(_ logger: Logger) { self.logger = logger }

  /// - Parameter peer: who causes it; `nil` if that is nobody in particular.
  func tell(
    _ kind: Kind, _ level: Logger.Level, _ message: @autoclosure () -> String, _ peer: Peer?,
    _ details: @autoclosure () -> Logger.Metadata = [:]
  ) {
    guard let untold = admit(kind, peer?.user, now: .now) else {
      logger.debug("\(message())", metadata: metadata(peer, details()))
      return
    }
    var all = metadata(peer, details())
    if untold > 0 { all["untold"] = "\(untold)" }
    logger.log(level: level, "\(message())", metadata: all)
  }

  func opened(_ peer: Peer) { logger.debug("a connection is open", metadata: peer.metadata) }

  /// How many like it were left out before, or `nil` if this one is to be left out.
  func admit(_ kind: Kind, _ user: UInt32?, now: ContinuousClock.Instant) -> Int? {
    counts.withLockedValue { counts in
      var key = Key(kind: kind, user: user ?? .max)
      if counts[key] == nil, counts.count >= Self.users {
        counts = counts.filter { now - $0.value.start < Self.window }
        if counts.count >= Self.users { key.user = .max }
      }
      var count = counts[key] ?? Count(start: now)
      defer { counts[key] = count }
      if now - count.start >= Self.window {
        count.start = now
        count.told = 0
      }
      guard count.told < kind.limit else {
        count.untold += 1
        return nil
      }
      count.told += 1
      defer { count.untold = 0 }
      return count.untold
    }
  }

  private func metadata(_ peer: Peer?, _ details: Logger.Metadata) -> Logger.Metadata {
    (peer?.metadata ?? [:]).merging(details) { $1 }
  }
}
