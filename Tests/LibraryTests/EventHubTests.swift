import SystemPackage
import Core
import Testing

@testable import Library

@Suite struct EventHubTests {
  @Test func everyoneHearsEverythingInOrder() async {
    let hub = EventHub()
    let first = hub.events()
    let second = hub.events()
    for number in 1...10 { hub.send(.removed(FilePath("/\(number)")), at: 0) }
    hub.finish()
    for stream in [first, second] {
      var numbers: [UInt64] = []
      for await event in stream { numbers.append(event.number) }
      #expect(numbers == Array(1...10))
    }
  }

  @Test func whoDoesNotReadLosesTheOldest() async {
    let hub = EventHub()
    let stream = hub.events()
    for _ in 0..<EventHub.bufferSize + 5 { hub.send(.idle, at: 0) }
    hub.finish()
    var numbers: [UInt64] = []
    for await event in stream { numbers.append(event.number) }
    #expect(numbers.count == EventHub.bufferSize)
    #expect(numbers.first == 6)
  }

  @Test func aStreamAfterTheEndIsOver() async {
    let hub = EventHub()
    hub.finish()
    var count = 0
    for await _ in hub.events() { count += 1 }
    #expect(count == 0)
  }
}
