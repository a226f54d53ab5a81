import Testing

@testable import Server

@Suite struct MetricsTests {
  /// Reads the text format by the rules that `promtool check metrics` holds to, and returns the
  /// samples. Independent of the writer.
  private func parse(_ text: String) throws -> [String: Double] {
    var types: [Substring: Substring] = [:]
    var helped: Set<Substring> = []
    var current: Substring = ""
    var samples: [String: Double] = [:]
    let sample = try Regex(
      #"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+)$"#,
      as: (Substring, Substring, Substring?, Substring).self)
    #expect(text.hasSuffix("\n"))
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") {
        #expect(words.count == 4 && helped.insert(words[2]).inserted)
      } else if line.hasPrefix("# TYPE ") {
        current = words[2]
        #expect(helped.contains(current) && types[current] == nil)
        types[current] = words[3]
        #expect((words[3] == "counter") == current.hasSuffix("_total"))
      } else {
        let match = try #require(try sample.wholeMatch(in: line), "\(line)")
        let name = match.output.1
        let base = ["_bucket", "_sum", "_count"].first { name == "\(current)\($0)" }
        #expect(name == current || (types[current] == "histogram" && base != nil), "\(line)")
        let key = "\(name)\(match.output.2 ?? "")"
        #expect(samples[key] == nil, "\(key) twice")
        samples[key] = try #require(Double(String(match.output.3)) as Double?)
      }
    }
    return samples
  }

  @Test func metricsAreWellFormedAndTrue() async throws {
    try await RunningServer.run { server in
      _ = try await server.get("/v1/status")
      _ = try await server.get("/v1/status")
      _ = try await server.get("/v1/recordings/1")
      _ = try await server.get("/any/path/at/all")
      _ = try await server.ask("BREW", "/v1/status")
      let answer = try await server.get("/metrics")
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      let samples = try parse(answer.body)
      #expect(samples[#"hark_files{state="failed"}"#] == 1)
      #expect(samples["hark_recordings"] == 3)
      #expect(
        samples[#"hark_segments{model="aaaaaaaaaaaa",name="a \"model\"\\"}"#] == 9)
      #expect(samples[#"hark_workers{lane="backlog",state="busy"}"#] == 1)
      #expect(samples[#"hark_worker_restarts_total{lane="backlog"}"#] == 2)
      #expect(samples["hark_audio_seconds_total"] == 7.5)
      #expect(samples[#"hark_build_info{version="0.1.0"}"#] == 1)
      #expect(samples[#"hark_root_up{root="/music/caf\\xe9"}"#] == 0)
      #expect(
        samples[#"hark_http_requests_total{method="GET",route="/v1/status",code="200"}"#] == 2)
      #expect(
        samples[#"hark_http_requests_total{method="GET",route="/v1/recordings/{id}",code="400"}"#]
          == 1)
      #expect(
        samples[#"hark_http_requests_total{method="GET",route="none",code="404"}"#] == 1)
      func bucket(_ bound: String) -> Double? {
        samples[
          #"hark_http_request_duration_seconds_bucket{route="/v1/status",le="\#(bound)"}"#]
      }
      #expect(bucket("+Inf") == 2)
      #expect(samples[#"hark_http_request_duration_seconds_count{route="/v1/status"}"#] == 2)
      #expect((bucket("0.001") ?? 9) <= (bucket("1") ?? 0))
      #expect(samples["process_resident_memory_bytes", default: 0] > 1_000_000)
      #expect(samples["process_start_time_seconds", default: 0] > 1_600_000_000)
      #expect(samples["process_open_fds", default: 0] > 3)
    }
  }

  @Test func bucketsAreCumulative() throws {
    let metrics = RequestMetrics()
    for seconds in [0.001, 0.0011, 0.3, 1000] {
      metrics.record(method: "GET", route: "/x", status: 200, seconds: seconds)
    }
    var text = PrometheusText()
    metrics.write(to: &text)
    let samples = try parse(text.text)
    let name = "hark_http_request_duration_seconds"
    let expected = ["0.001": 1.0, "0.0025": 2, "0.25": 2, "0.5": 3, "60": 3, "+Inf": 4]
    for (bound, count) in expected {
      #expect(samples[#"\#(name)_bucket{route="/x",le="\#(bound)"}"#] == count)
    }
    #expect(samples[#"\#(name)_sum{route="/x"}"#] == 1000.3021)
  }

  @Test func valuesAreWrittenAsPrometheusReadsThem() {
    #expect(PrometheusText.format(.infinity) == "+Inf")
    #expect(PrometheusText.format(-.infinity) == "-Inf")
    #expect(PrometheusText.format(.nan) == "NaN")
    #expect(PrometheusText.format(3) == "3")
    #expect(PrometheusText.format(0.25) == "0.25")
  }
}
