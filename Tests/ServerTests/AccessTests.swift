import Core
import Glibc
import Logging
import TestSupport
import Testing

@testable import Server

/// Who may ask and control, and who gives way when there is too much.
@Suite struct AccessTests {
  private func peer(_ user: UInt32, _ group: UInt32 = 100, _ groups: [UInt32] = []) -> Peer {
    Peer(process: 1, user: user, group: group, groups: groups)
  }

  @Test func withoutRulesWhoeverIsLetInMayAskAndControl() {
    let rules = AccessRules()
    #expect(rules.mayAsk(peer(4_000_001)) && rules.mayControl(peer(4_000_001)))
  }

  @Test func usersAndGroupsAreLetInByAnyOfTheirs() {
    let rules = AccessRules(asking: Accounts(users: [4_000_001], groups: [7]))
    #expect(rules.mayAsk(peer(4_000_001)) && rules.mayControl(peer(4_000_001)))
    #expect(rules.mayAsk(peer(4_000_002, 7)))
    #expect(rules.mayAsk(peer(4_000_002, 8, [6, 7])))
    #expect(!rules.mayAsk(peer(4_000_002, 8, [6])) && !rules.mayControl(peer(4_000_002)))
    // They could change the rules.
    #expect(rules.mayAsk(peer(0)) && rules.mayAsk(peer(UInt32(geteuid()))))
  }

  @Test func whoMayControlMayAsk() {
    let rules = AccessRules(
      asking: Accounts(users: [4_000_001]), control: Accounts(groups: [9]))
    #expect(rules.mayAsk(peer(4_000_001)) && !rules.mayControl(peer(4_000_001)))
    #expect(rules.mayAsk(peer(4_000_002, 9)) && rules.mayControl(peer(4_000_002, 9)))
    #expect(!rules.mayAsk(peer(4_000_003)) && !rules.mayControl(peer(4_000_003)))
    #expect(rules.mayControl(peer(0)))
    let open = AccessRules(control: Accounts(users: [4_000_001]))
    #expect(open.mayAsk(peer(4_000_002)) && !open.mayControl(peer(4_000_002)))
  }

  @Test func thePeerIsWhomTheKernelNames() throws {
    var pair: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    defer { for descriptor in pair { close(descriptor) } }
    let peer = try #require(Peer(socket: pair[0]))
    #expect(peer.process == getpid() && peer.user == geteuid() && peer.group == getegid())
    var groups = [gid_t](repeating: 0, count: 65_536)
    let count = getgroups(Int32(groups.count), &groups)
    #expect(Set(peer.groups) == Set(groups.prefix(Int(count))))
    #expect(Peer(socket: -1) == nil)
  }

  @Test func oneUserCanHaveEveryConnectionUntilAnotherComes() {
    var shares = ConnectionShares<Int>(limit: 8)
    for id in 0..<8 { #expect(shares.admit(id, user: 1) == .admitted) }
    // The longest idle one gives way to the same user's next, and one that is busy to nobody.
    shares.set(0, isBusy: true)
    #expect(shares.admit(8, user: 1) == .admittedInstead(of: 1))
    // Another user gets half, and no more.
    for id in 10..<14 {
      guard case .admittedInstead(let victim) = shares.admit(id, user: 2) else {
        Issue.record("connection \(id) was refused")
        continue
      }
      #expect(victim < 10 && victim != 0)
    }
    #expect(shares.count(of: 1) == 4 && shares.count(of: 2) == 4)
    #expect(shares.admit(14, user: 2) == .admittedInstead(of: 10))
    #expect(shares.count(of: 1) == 4)
    // And a third one gets in as well.
    #expect(shares.admit(20, user: 3) != .refused)
    #expect(shares.count(of: 3) == 1)
  }

  @Test func whoIsBusyKeepsOthersOutLeastOfAll() {
    var shares = ConnectionShares<Int>(limit: 6)
    for id in 0..<6 {
      _ = shares.admit(id, user: 1)
      shares.set(id, isBusy: true)
    }
    #expect(shares.admit(6, user: 1) == .refused)
    #expect(shares.admit(7, user: 2) == .admittedInstead(of: 5))
    #expect(shares.admit(8, user: 2) == .admittedInstead(of: 4))
    shares.remove(0)
    #expect(shares.admit(9, user: 1) == .admitted)
  }

  @Test func oneUserHoldsHalfOfThePlaces() throws {
    let places = Places(4, of: "streams")
    let (own, other) = (peer(4_000_001), peer(4_000_002))
    var held = [try places.take(own), try places.take(own)]
    let error = #expect(throws: HarkError.self) { _ = try places.take(own) }
    #expect(error?.code == .unavailable && error?.remedy != nil)
    held.append(try places.take(other))
    held.removeFirst()
    held.append(try places.take(own))
    held.append(try places.take(other))
    #expect(throws: HarkError.self) { _ = try places.take(peer(4_000_003)) }
    held = []
    let all = try (0..<4).map { _ in try places.take(peer(0)) }
    #expect(throws: HarkError.self) { _ = try places.take(own) }
    withExtendedLifetime(all) {}
  }

  @Test func nobodyFillsTheJournal() {
    let log = PeerLog(Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let start = ContinuousClock.now
    func told(_ kind: PeerLog.Kind, _ user: UInt32, _ count: Int, after: Duration) -> Int {
      (0..<count).count { _ in log.admit(kind, user, now: start + after) != nil }
    }
    #expect(told(.refusal, 1, 10_000, after: .zero) == 5)
    #expect(told(.refusal, 2, 3, after: .zero) == 3)
    #expect(told(.control, 1, 10_000, after: .seconds(1)) == 60)
    // What was left out is told a minute later.
    #expect(log.admit(.refusal, 1, now: start + .seconds(61)) == 9_995)
    #expect(log.admit(.refusal, 1, now: start + .seconds(61)) == 0)
    // However many users there are.
    let many = (1_000..<100_000 as Range<UInt32>).count {
      told(.crowding, $0, 1, after: .zero) == 1
    }
    #expect(many <= 257)
  }
}
