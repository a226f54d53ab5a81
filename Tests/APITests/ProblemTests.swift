import API
import Core
import Testing

@Suite struct ProblemTests {
  @Test(arguments: HarkError.Code.allCases) func everyCodeHasAStatus(_ code: HarkError.Code) throws
  {
    let problem = Wire.Problem(HarkError(code, "what", remedy: "do", cause: "why"))
    #expect((400..<600).contains(problem.status))
    #expect(problem.detail == "what: why")
    #expect(problem.code == code.rawValue)
    let text = String(decoding: try WireJSON.encode(problem), as: UTF8.self)
    for key in ["type", "title", "status", "detail", "code", "remedy"] {
      #expect(text.contains("\"\(key)\":"))
    }
    #expect(problem.error.code == code)
    #expect(problem.error.remedy == "do")
  }

  @Test func aClientMustNotBeBlamedForOurFaults() {
    for code in [HarkError.Code.defect, .system, .corrupt, .unavailable, .noSpace] {
      #expect(code.httpStatus >= 500)
    }
    #expect(HarkError.Code.notFound.httpStatus == 404)
    #expect(HarkError.Code.tooLarge.httpStatus == 413)
    #expect(HarkError.Code.notAnalysable.httpStatus == 422)
    #expect(HarkError.Code.notAnalysable.exitStatus == .badInput)
  }

  @Test(arguments: AnalysisFailure.Code.allCases)
  func audioThatCannotBeAnalysedIsNotProcessable(_ code: AnalysisFailure.Code) {
    let problem = Wire.Problem(AnalysisFailure(code, "why"))
    let isOurs = [.unavailable, .killed].contains(code)
    #expect(problem.status == (isOurs ? 503 : 422))
    #expect(problem.code == (isOurs ? "unavailable" : code.rawValue))
    #expect(problem.error.code == (isOurs ? .unavailable : .corrupt))
  }
}
