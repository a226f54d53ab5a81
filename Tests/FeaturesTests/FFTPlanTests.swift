import Features
import Foundation
import TestSupport
import Testing

@Suite struct FFTPlanTests {
  /// The definition, in double precision.
  private func transform(_ x: [Double]) -> [Double] {
    (0...x.count / 2).flatMap { k -> [Double] in
      var (real, imaginary) = (0.0, 0.0)
      for (n, value) in x.enumerated() {
        let angle = -2 * Double.pi * Double(k * n % x.count) / Double(x.count)
        real += value * cos(angle)
        imaginary += value * sin(angle)
      }
      return [real, imaginary]
    }
  }

  @Test(arguments: [16, 64, 512])
  func equalsTheDefinition(length: Int) {
    var random = SplitMix64(seed: UInt64(length))
    let plan = FFTPlan(length: length)
    for _ in 0..<2 {
      let x = random.vector(length).map(Double.init)
      _ = plan.input.update(fromContentsOf: x)
      plan.execute()
      for (ours, exact) in zip(plan.output, transform(x)) {
        #expect(abs(ours - exact) < 1e-11)
      }
    }
  }

  @Test func plansCanBeMadeOnManyThreads() async {
    let sums = await withTaskGroup(of: Double.self) { group in
      for _ in 0..<16 {
        group.addTask {
          let plan = FFTPlan(length: 512)
          plan.input.update(repeating: 1)
          plan.execute()
          return plan.output[0]
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(sums == Array(repeating: 512, count: 16))
  }
}
