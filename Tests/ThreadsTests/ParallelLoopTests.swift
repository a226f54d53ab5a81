import TestSupport
import Testing

@testable import Threads

@Suite struct ParallelLoopTests {
  @Test(arguments: [0, 1, 2, 3, 7, 64, 1_000])
  func everyTurnRunsOnce(turns: Int) {
    let counts = Guarded([Int](repeating: 0, count: turns))
    ParallelLoop.run(turns: turns) { turn in counts.change { $0[turn] += 1 } }
    #expect(counts.value.allSatisfy { $0 == 1 })
  }

  @Test func loopsRunWithinLoops() {
    let sum = Guarded(0)
    ParallelLoop.run(turns: 20) { outer in
      ParallelLoop.run(turns: 20) { inner in sum.change { $0 += outer * 20 + inner } }
    }
    #expect(sum.value == (0..<400).reduce(0, +))
  }

  /// Turns are shared: each of two waits for the other.
  @Test func turnsRunAtTheSameTime() {
    let condition = Condition()
    let arrived = Guarded(0)
    ParallelLoop.run(turns: 2) { _ in
      condition.lock()
      arrived.change { $0 += 1 }
      condition.signal()
      while arrived.value < 2 { condition.wait() }
      condition.unlock()
    }
    #expect(arrived.value == 2)
  }

  /// With every thread of the crew taken, the caller does it all.
  @Test func needsNobodyElse() {
    let crew = Crew(limit: 1)
    let gate = Condition()
    let turns = Guarded(0)
    gate.lock()
    crew.submit {
      gate.lock()
      gate.unlock()
    }
    ParallelLoop.run(turns: 8, on: crew) { _ in turns.change { $0 += 1 } }
    gate.unlock()
    #expect(turns.value == 8)
  }
}
