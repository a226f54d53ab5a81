import Catalogue
import Core
import Testing

@testable import Library

@Suite struct MissedProductsTests {
  private let product = ProductKind.landmarks(version: 1)
  private let other = ProductKind.landmarks(version: 2)
  private let second: UInt64 = 1_000_000_000

  @Test func aFailureOfTheMomentIsTriedAgainAndGivenUpInTheEnd() {
    var missed = MissedProducts()
    let recording = RecordingKey(1)
    let failure = AnalysisFailure(.permissionDenied, "no")
    missed.add(recording, product, failure, now: 0)
    #expect(missed.resting(product, now: 29 * second) == [recording])
    #expect(missed.resting(product, now: 30 * second) == [])
    #expect(missed.nextDue == 30 * second)
    #expect(missed.givenUp(product) == [])
    missed.add(recording, product, failure, now: 30 * second)
    #expect(missed.nextDue == 90 * second)
    #expect(missed.givenUp(product) == [])
    missed.add(recording, product, failure, now: 90 * second)
    #expect(missed.givenUp(product) == [recording])
    #expect(missed.givenUp(other) == [])
    // It is still tried.
    #expect(missed.resting(product, now: 210 * second) == [])
    missed.remove(recording, product)
    #expect(missed.givenUp(product) == [])
    #expect(missed.nextDue == nil)
  }

  @Test func aFailureOfTheContentIsGivenUpAtOnce() {
    var missed = MissedProducts()
    let recording = RecordingKey(1)
    missed.add(recording, product, AnalysisFailure(.corrupt, "bad"), now: 0)
    #expect(missed.givenUp(product) == [recording])
    #expect(missed.resting(product, now: .max) == [recording])
    #expect(missed.nextDue == nil)
  }

  /// What is due and no longer missing must not wake anybody for ever.
  @Test func whatIsNotMissingAnyMoreIsForgotten() {
    var missed = MissedProducts()
    let failure = AnalysisFailure(.vanished, "gone")
    missed.add(RecordingKey(1), product, failure, now: 0)
    missed.add(RecordingKey(2), product, failure, now: 20 * second)
    missed.add(RecordingKey(3), product, failure, now: 1)
    missed.forgetDue(product, now: 40 * second, inWork: [RecordingKey(3)])
    #expect(missed.nextDue == 30 * second + 1)
    missed.forgetDue(product, now: 40 * second, inWork: [])
    #expect(missed.nextDue == 50 * second)
    #expect(missed.resting(product, now: 40 * second) == [RecordingKey(2)])
  }
}
