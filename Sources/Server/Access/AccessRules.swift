/// Users and groups by number.
public struct Accounts: Hashable, Sendable {
  public var users: Set<UInt32>
  public var groups: Set<UInt32>

  public init(users: Set<UInt32> = [], groups: Set<UInt32> = []) {
    self.users = users
    self.groups = groups
  }

  var isEmpty: Bool { users.isEmpty && groups.isEmpty }

  func holds(_ peer: Peer) -> Bool {
    users.contains(peer.user) || groups.contains(peer.group)
      || peer.groups.contains(where: groups.contains)
  }
}

/// Who may ask, and who may change something, among those whom the socket's mode lets in.
///
/// Root and the daemon's own user always may: they could change the rules.
public struct AccessRules: Hashable, Sendable {
  /// Who may ask; empty: whoever is let in.
  public var asking: Accounts
  /// Who may control the daemon, and so may ask, too; empty: whoever may ask.
  public var control: Accounts

  public init(asking: Accounts = Accounts(), control: Accounts = Accounts()) {
    self.asking = asking
    self.control = control
  }

  func mayAsk(_ peer: Peer) -> Bool {
    asking.isEmpty || peer.isTrusted || asking.holds(peer) || control.holds(peer)
  }

  func mayControl(_ peer: Peer) -> Bool {
    guard mayAsk(peer) else { return false }
    return control.isEmpty || peer.isTrusted || control.holds(peer)
  }
}
