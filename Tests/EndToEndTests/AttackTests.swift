import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Clients that mean harm. In each case the daemon's memory keeps within a bound, and others are
  /// answered while it goes on and afterwards.
  @Suite struct AttackTests {
    /// MiB by which the daemon's largest resident size may grow in an attack. A debug build's own
    /// working set and what the allocator keeps are in it.
    private static let bound = 160

    private static let status = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n"

    /// Runs `attack` against a daemon of its own, asks others' questions meanwhile and afterwards, and
    /// compares memory before with the peak.
    private func attack(
      _ name: String, settings: String = "", _ attack: (DaemonProcess) async throws -> Void
    ) async throws {
      let home = try DaemonProcess.Home(
        settings: "settle: 0.1\nworkers: 1\n" + settings)
      let daemon = try await DaemonProcess.start(home)
      if OtherUser.isPossible { try OtherUser.letIn(home) }
      try await served(daemon)
      let before = try daemon.memory("VmRSS")
      try await attack(daemon)
      try await served(daemon)
      let growth = (try daemon.memory("VmHWM") - before) >> 20
      #expect(growth < Self.bound, "\(growth) MiB more")
      Figures.report("\(name), MiB of memory more at most", growth)
      #expect(try await daemon.stop() == 0)
    }

    /// Another user gets answers, or, where there can be no other, the same user does.
    private func served(_ daemon: DaemonProcess) async throws {
      for _ in 0..<5 {
        if OtherUser.isPossible {
          #expect(try await OtherUser.curl(daemon.home, "/v1/status").status == 200)
        } else {
          #expect(try await daemon.hark("status").status == 0)
        }
      }
    }

    @Test func aThousandIdleConnectionsLockNobodyOut() async throws {
      try await attack("1,000 idle connections") { daemon in
        let crowd = try Crowd(1_000, to: daemon.home.socket.path)
        try await eventually("those beyond the limit are closed") { crowd.open <= 512 }
        try await served(daemon)
        // The same user's next is served as well: the longest idle ones give way.
        #expect(try await daemon.hark("status").status == 0)
        #expect(crowd.open >= 400)
        Figures.report("connections held of 1,000 idle ones", crowd.open)
        // Said once, not 500 times.
        let told = daemon.home.logText.components(separatedBy: "connections are taken").count - 1
        #expect((1...3).contains(told))
      }
    }

    @Test func aThousandSlowSendersLockNobodyOut() async throws {
      try await attack("1,000 slow senders", settings: "idle-timeout: 3\n") { daemon in
        let crowd = try Crowd(1_000, to: daemon.home.socket.path)
        for byte in Self.status.utf8.prefix(24) {
          crowd.send([byte])
          try await Task.sleep(for: .milliseconds(50))
        }
        try await served(daemon)
        // A head that does not end is not waited for, however often a byte comes.
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        while crowd.open > 0, clock.now < end {
          crowd.send([UInt8(ascii: "x")])
          try await Task.sleep(for: .milliseconds(100))
        }
        #expect(crowd.open == 0)
      }
    }

    /// All connections have a request under way: the newest of the user who has most gives way.
    @Test func aThousandBodiesThatNeverEnd() async throws {
      try await attack("1,000 bodies that do not end") { daemon in
        let crowd = try Crowd(1_000, to: daemon.home.socket.path)
        crowd.send(
          "POST /v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 1000000\r\n\r\n{\"like\": [")
        for _ in 0..<12 {
          crowd.send([UInt8](repeating: UInt8(ascii: " "), count: 65_536))
          try await served(daemon)
        }
      }
    }

    @Test func endlessBodiesAreCutOff() async throws {
      try await attack("endless bodies", settings: "max-audio: 4\nmax-request: 64\n") { daemon in
        let chunk = Array("10000\r\n".utf8) + [UInt8](repeating: 1, count: 65_536) + [13, 10]
        for type in ["application/json", "audio/wav"] {
          for length in ["Transfer-Encoding: chunked", "Content-Length: 1099511627776"] {
            let connection = try RawConnection(daemon.home.socket.path)
            try await connection.send(
              "POST /v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n"
                + "\(length)\r\n\r\n")
            var sent = 0
            while sent < 1 << 34, try await connection.send(chunk) { sent += chunk.count }
            // It is read on for a moment, and dropped, so that the answer is seen.
            #expect(sent < 1 << 34)
            #expect(try await connection.read().hasPrefix("HTTP/1.1 413"))
          }
        }
      }
    }

    @Test func pipelinesAreAnsweredAsFastAsTheyAreRead() async throws {
      try await attack(
        "100 pipelines that nobody reads", settings: "answer-timeout: 3\nidle-timeout: 3\n"
      ) {
        daemon in
        let crowd = try Crowd(100, to: daemon.home.socket.path)
        let requests = Array(String(repeating: Self.status, count: 1_000).utf8)
        for _ in 0..<5 {
          crowd.send(requests)
          try await served(daemon)
        }
        try await eventually("they are given up") { crowd.open == 0 }
      }
    }

    @Test func longAnswersThatNobodyReads() async throws {
      try await attack("200 long answers unread", settings: "answer-timeout: 3\n") { daemon in
        let crowd = try Crowd(200, to: daemon.home.socket.path)
        let request = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        crowd.send(String(repeating: request, count: 50))
        try await served(daemon)
      }
    }

    @Test func deepNestingIsRefused() async throws {
      try await attack("nested JSON") { daemon in
        for megabytes in [10, 1] {
          for (text, closing) in [("[", "]"), ("{\"like\":", "}"), ("{\"like\":[", "]}")] {
            let depth = (megabytes << 20) / (text.utf8.count + closing.utf8.count) - 10
            let json =
              String(repeating: text, count: depth) + String(repeating: closing, count: depth)
            let file = daemon.home.beside("nested.json")
            try Data(json.utf8).write(to: file)
            for target in ["/v1/similar", "/v1/identify", "/v1/tags", "/v1/forget", "/v1/rescan"] {
              let run = try await daemon.curl(
                target, "--data-binary", "@\(file.path)", "--header",
                "Content-Type: application/json", "--write-out", "\n%{http_code}")
              #expect(run.text.hasSuffix("\n413"), "\(target): \(run.text.suffix(300))")
            }
          }
        }
      }
    }

    @Test func hugeHeadersAreRefused() async throws {
      try await attack("huge headers") { daemon in
        let start = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"
        for more in [
          "X: " + String(repeating: "x", count: 8 << 20),
          (0..<100_000).map { "X-\($0): 1\r\n" }.joined(),
          (0..<100_000).map { "X: \($0)\r\n" }.joined(),
        ] {
          let connection = try RawConnection(daemon.home.socket.path)
          try await connection.send(start + more + "\r\n\r\n")
          let answer = try await connection.read()
          #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 431"), "\(answer.prefix(100))")
        }
        let connection = try RawConnection(daemon.home.socket.path)
        try await connection.send("GET /" + String(repeating: "x", count: 8 << 20))
        let answer = try await connection.read()
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 431"), "\(answer.prefix(100))")
      }
    }

    @Test func halfClosedConnectionsEnd() async throws {
      try await attack("half-closed connections") { daemon in
        let before = try daemon.descriptors
        for text in [
          "", "GET /v1/st", Self.status,
          "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 9\r\n\r\nab",
        ] {
          let crowd = try Crowd(100, to: daemon.home.socket.path)
          crowd.send(text)
          crowd.finishSending()
          try await eventually("they are closed") { crowd.open == 0 }
        }
        try await eventually("their descriptors are free") { try daemon.descriptors <= before + 2 }
      }
    }

    @Test(.enabled(if: ProgramRun.find("prlimit") != nil, "needs prlimit"))
    func connectionsOutliveALackOfDescriptors() async throws {
      try await attack("no descriptors left") { daemon in
        let prlimit = try #require(ProgramRun.find("prlimit"))
        func limit(_ count: Int) async throws {
          let run = try await ProgramRun.run(
            prlimit, ["--pid", "\(daemon.process.identifier)", "--nofile=\(count):"])
          #expect(run.status == 0, "\(run.errors)")
        }
        try await limit(try daemon.descriptors + 20)
        let crowd = try Crowd(100, to: daemon.home.socket.path)
        try await eventually("it is told") {
          daemon.home.logText.contains("no descriptor is left")
        }
        // The longest idle ones give way, a few at a time: others come in, if not at once.
        try await served(daemon)
        let told = daemon.home.logText.components(separatedBy: "no descriptor is left").count - 1
        #expect(told == 1)
        try await limit(4_096)
        try await served(daemon)
        withExtendedLifetime(crowd) {}
      }
    }

    @Test func connectionsTakeAtMostHalfOfTheDescriptors() async throws {
      let home = try DaemonProcess.Home(settings: "workers: 1\nmax-connections: 512\n")
      let prlimit = try #require(ProgramRun.find("prlimit"))
      let daemon = try DaemonProcess(home, launcher: (prlimit, ["--nofile=200:200"]))
      try await eventually("it says so") { home.logText.contains("max-connections is 100") }
      try await eventually("the socket answers") {
        try await daemon.hark("status").status == 0
      }
      let crowd = try Crowd(300, to: home.socket.path)
      try await eventually("those beyond the limit are closed") { crowd.open <= 100 }
      #expect(try await daemon.hark("status").status == 0)
      #expect(try await daemon.stop() == 0)
    }
  }
}

extension DaemonProcess {
  /// Bytes that /proc/PID/status gives under a key such as `VmRSS`.
  func memory(_ key: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
    guard
      let number = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        ?? line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { throw Unmet(description: "no \(key) in \(text)") }
    return number << 10
  }

  /// How many descriptors the daemon has open.
  var descriptors: Int {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.identifier)/fd").count
    }
  }
}
