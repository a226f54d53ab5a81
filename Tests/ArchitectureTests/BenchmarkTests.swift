import Testing

/// `Benchmarks/` and `Fuzzing/` are packages of their own that no other build makes: they must go on
/// fitting the rooms.
@Suite struct BenchmarkTests {
  private static let benchmarks = NestedPackage("Benchmarks")

  @Test(arguments: benchmarks.programs)
  func compiles(program: String) throws {
    let options = program == "bench" ? ["-default-isolation", "MainActor"] : []
    let outcome = try Self.benchmarks.compile(program, options)
    #expect(outcome.status == 0, "\(outcome.output.suffix(4_000))")
  }

  @Test func fuzzingCompiles() throws {
    let outcome = try NestedPackage("Fuzzing").compile("fuzz", ["-D", "FUZZING"])
    #expect(outcome.status == 0, "\(outcome.output.suffix(4_000))")
  }

  @Test func programsAreFound() {
    #expect(
      Set(Self.benchmarks.programs).isSuperset(of: ["bench", "duplicates", "identify", "search"]))
    #expect(NestedPackage("Fuzzing").programs == ["fuzz"])
  }
}
