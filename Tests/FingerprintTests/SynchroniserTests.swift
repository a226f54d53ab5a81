import Core
import Peaks
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct SynchroniserTests {
  private let parameters = FingerprintParameters()

  private func synchronise(_ first: [Float], _ second: [Float]) -> Synchronisation.Result {
    func heard(_ samples: [Float]) -> Constellation {
      ConstellationExtractor.constellation(of: samples, parameters, role: .query)
    }
    return Synchroniser(parameters).synchronise(heard(first), heard(second))
  }

  private func noisy(_ samples: [Float], seed: UInt64) -> [Float] {
    Signals.mixed(samples, Signals.whiteNoise(count: samples.count, seed: seed), decibels: 10)
  }

  /// Two recorders in one room, one begun later, whose clocks differ by 200 millionths.
  @Test(arguments: [-200.0, 200]) func driftIsMeasured(drift: Double) throws {
    let event = Signals.music(seconds: 60, seed: 300)
    let first = noisy(event.excerpt(from: 7.3217, seconds: 50), seed: 1)
    // The second's clock gains: more of its seconds pass, so that the event plays slower in it.
    let second = noisy(Signals.played(event, speed: 1 / (1 + drift * 1e-6)), seed: 2)
    guard case .synchronised(let found) = synchronise(first, second) else {
      Issue.record("nothing found")
      return
    }
    #expect(abs(found.offset - 7.3217) < 0.01, "\(found)")
    #expect(abs(found.drift - drift) < 40, "\(found.drift)")
    #expect(found.speedError < 2e-5 && abs(found.drift - drift) < 5e6 * found.speedError)
    #expect(found.first.from < 2 && found.first.to > 48)
  }

  @Test(arguments: [0.9, 1.03]) func anotherSpeedIsMeasured(speed: Double) throws {
    let event = Signals.music(seconds: 26, seed: 301)
    let first = Signals.played(event.excerpt(from: 5, seconds: 18), speed: speed)
    guard case .synchronised(let found) = synchronise(first, event) else {
      Issue.record("nothing found")
      return
    }
    #expect(abs(found.offset - 5) < 0.02, "\(found)")
    #expect(abs(found.speed - speed) < 1e-4, "\(found)")
  }

  /// Near enough to none that some of it is found without a warp, and more with the right one.
  @Test(arguments: [100, 103, 104] as [UInt64], [0.975, 1.025])
  func aSpeedThatIsSlightlyOffIsMeasured(seed: UInt64, speed: Double) throws {
    let event = Signals.music(seconds: 40, seed: seed)
    let first = Signals.played(event.excerpt(from: 5, seconds: 32), speed: speed)
    guard case .synchronised(let found) = synchronise(first, event) else {
      Issue.record("nothing found")
      return
    }
    #expect(abs(found.offset - 5) < 0.02 && abs(found.speed - speed) < 1e-4, "\(found)")
  }

  @Test func nothingInCommonIsSaid() {
    let (first, second) = (
      Signals.music(seconds: 12, seed: 302), Signals.music(seconds: 12, seed: 303)
    )
    #expect(synchronise(first, second) == .nothing(.noMatch))
    #expect(synchronise(first, [Float](repeating: 0, count: 100_000)) == .nothing(.silence))
    #expect(synchronise([], second) == .nothing(.tooShort))
    #expect(
      synchronise(Signals.whiteNoise(count: 100_000, seed: 4), second) == .nothing(.noMatch))
  }
}
