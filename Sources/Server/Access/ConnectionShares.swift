/// Which connection gives way when there are too many.
///
/// Nobody has a fixed share, so that a single user can have them all. When all are taken, whoever
/// connects gets a place from the user who holds most, unless that is the same user, or would be with
/// one more: then from his own. What gives way is the connection that has been idle longest (no
/// request has arrived whole, and none is being answered). If none is idle, the newest connection
/// gives way: the user's who holds most, or the one that knocks. So a user with fewer connections than
/// any other always gets in, whatever the others do.
struct ConnectionShares<ID: Hashable & Sendable>: Sendable {
  private struct Entry {
    var user: UInt32
    /// When it came, or became idle or busy: only the order counts.
    var since: UInt64
    var isBusy: Bool
  }

  enum Verdict: Equatable {
    case admitted
    /// Admitted, and this one, which is taken out already, is to be closed.
    case admittedInstead(of: ID)
    case refused
  }

  let limit: Int
  private var entries: [ID: Entry] = [:]
  private var counts: [UInt32: Int] = [:]
  private var time: UInt64 = 0

  init(limit: Int) { self.limit = max(1, limit) }

  func count(of user: UInt32) -> Int { counts[user] ?? 0 }

  mutating func admit(_ id: ID, user: UInt32) -> Verdict {
    guard entries.count >= limit else {
      add(id, user)
      return .admitted
    }
    let own = count(of: user) + 1
    let most = counts.filter { $0.key != user }.max { $0.value < $1.value }
    let giver = most.flatMap { $0.value > own ? $0.key : nil } ?? user
    guard let victim = longestIdle(of: giver) ?? (giver == user ? nil : newest(of: giver)) else {
      return .refused
    }
    remove(victim)
    add(id, user)
    return .admittedInstead(of: victim)
  }

  /// Takes out, to be closed, the longest idle connection of the user who holds most.
  mutating func makeRoom() -> ID? {
    guard let most = counts.max(by: { $0.value < $1.value }),
      let victim = longestIdle(of: most.key)
    else { return nil }
    remove(victim)
    return victim
  }

  mutating func remove(_ id: ID) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    let rest = count(of: entry.user) - 1
    counts[entry.user] = rest > 0 ? rest : nil
  }

  mutating func set(_ id: ID, isBusy: Bool) {
    time += 1
    entries[id]?.isBusy = isBusy
    entries[id]?.since = time
  }

  private mutating func add(_ id: ID, _ user: UInt32) {
    time += 1
    entries[id] = Entry(user: user, since: time, isBusy: false)
    counts[user, default: 0] += 1
  }

  private func longestIdle(of user: UInt32) -> ID? {
    entries.lazy.filter { $0.value.user == user && !$0.value.isBusy }
      .min { $0.value.since < $1.value.since }?.key
  }

  private func newest(of user: UInt32) -> ID? {
    entries.lazy.filter { $0.value.user == user }.max { $0.value.since < $1.value.since }?.key
  }
}
