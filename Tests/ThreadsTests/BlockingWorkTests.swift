import Core
import TestSupport
import Testing

@testable import Threads

@Suite struct BlockingWorkTests {
  private static func increment(_ number: inout Int) -> Int {
    number += 1
    return number
  }

  @Test func returnsAndThrows() async throws {
    let work = BlockingWork()
    #expect(try await work.run { () throws(HarkError) in 42 } == 42)
    await #expect(throws: HarkError.self) {
      try await work.run { () throws(HarkError) in throw HarkError(.notFound, "nothing") }
    }
  }

  @Test func serialWorkKeepsItsOrder() async throws {
    let work = BlockingWork(isSerial: true)
    let order = Guarded<[Int]>([])
    let running = Guarded(0)
    for number in 0..<500 {
      work.perform {
        #expect(running.change { Self.increment(&$0) } == 1)
        order.change { $0.append(number) }
        running.change { $0 -= 1 }
      }
    }
    try await work.run { () throws(HarkError) in }
    #expect(order.value == Array(0..<500))
  }

  /// One piece that waits holds up no other.
  @Test func otherWorkRunsMeanwhile() async throws {
    let work = BlockingWork()
    let gate = Condition()
    gate.lock()
    work.perform {
      gate.lock()
      gate.unlock()
    }
    let answer = try await work.run { () throws(HarkError) in true }
    gate.unlock()
    #expect(answer)
  }

  @Test func crewsStayWithinTheirLimit() async throws {
    let crew = Crew(limit: 3, patience: .milliseconds(1))
    let running = Guarded(0)
    let most = Guarded(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<200 {
        group.addTask {
          await withCheckedContinuation { continuation in
            crew.submit {
              let now = running.change { Self.increment(&$0) }
              most.change { $0 = max($0, now) }
              for _ in 0..<1_000 { _ = Condition.now }
              running.change { $0 -= 1 }
              continuation.resume()
            }
          }
        }
      }
    }
    #expect(most.value <= 3)
    // Whoever waited too long has left; the next piece brings a new thread.
    await withCheckedContinuation { continuation in crew.submit { continuation.resume() } }
  }
}
