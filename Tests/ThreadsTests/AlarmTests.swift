import TestSupport
import Testing

@testable import Threads

@Suite struct AlarmTests {
  @Test func neverWakesTooEarly() async throws {
    for milliseconds in [0, 1, 20] {
      let begin = Condition.now
      try await Alarm.sleep(for: .milliseconds(milliseconds))
      #expect(Condition.now - begin >= UInt64(milliseconds) * 1_000_000)
    }
    try await Alarm.sleep(for: .seconds(-1))
  }

  @Test func wakesInTheOrderOfTimes() async throws {
    let order = Guarded<[Int]>([])
    await withTaskGroup(of: Void.self) { group in
      for number in [4, 1, 3, 0, 2] {
        group.addTask {
          try? await Alarm.sleep(for: .milliseconds(100 + 150 * number))
          order.change { $0.append(number) }
        }
      }
    }
    #expect(order.value == [0, 1, 2, 3, 4])
  }

  @Test func cancellationWakesAtOnce() async throws {
    let day = Duration.seconds(86_400)
    let task = Task { try await Alarm.sleep(for: day) }
    try await Alarm.sleep(for: .milliseconds(5))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }

    let cancelledBefore = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await Alarm.sleep(for: day)
    }
    await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
    // More than any clock holds.
    let forEver = Task { try await Alarm.sleep(for: .seconds(Int64.max)) }
    forEver.cancel()
    await #expect(throws: CancellationError.self) { try await forEver.value }
  }

  /// Sleeps and cancellations of many tasks at once: each ends exactly once.
  @Test func survivesRaces() async throws {
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<500 {
        let task = Task { try? await Alarm.sleep(for: .microseconds(number * 7 % 1_000)) }
        group.addTask {
          if number % 2 == 0 { task.cancel() }
          await task.value
        }
      }
    }
  }
}
