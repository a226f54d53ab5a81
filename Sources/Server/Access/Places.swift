import Core
import NIOConcurrencyHelpers

/// So many of something at the same time. One user may hold half of them, so that another always
/// finds one; root and the daemon's own user may hold all.
final class Places: Sendable {
  private let limit: Int
  /// What there is so much of, in the plural.
  private let what: String
  private let held = NIOLockedValueBox<[UInt32: Int]>([:])

  init(_ limit: Int, of what: String) {
    self.limit = limit
    self.what = what
  }

  /// Throws `unavailable` if none is free for `peer`.
  func take(_ peer: Peer) throws(HarkError) -> Place {
    let share = peer.isTrusted ? limit : (limit + 1) / 2
    let (all, own) = held.withLockedValue { held in
      let all = held.values.reduce(0, +)
      let own = held[peer.user] ?? 0
      if all < limit, own < share { held[peer.user] = own + 1 }
      return (all, own)
    }
    guard all < limit, own < share else {
      throw HarkError(
        .unavailable,
        all >= limit
          ? "\(limit) \(what) are under way already"
          : "\(own) \(what) of the same user are under way already",
        remedy: "end one of them, or try again in a moment")
    }
    return Place(self, user: peer.user)
  }

  fileprivate func giveBack(_ user: UInt32) {
    held.withLockedValue { held in
      let rest = (held[user] ?? 1) - 1
      held[user] = rest > 0 ? rest : nil
    }
  }
}

/// One of the places, given back exactly once.
final class Place: Sendable {
  private let places: Places
  private let user: UInt32
  private let isHeld = NIOLockedValueBox(true)

  fileprivate init(_ places: Places, user: UInt32) {
    self.places = places
    self.user = user
  }

  func release() {
    let wasHeld = isHeld.withLockedValue { held in
      defer { held = false }
      return held
    }
    if wasHeld { places.giveBack(user) }
  }

  deinit { release() }
}
