import API
import Core
import SystemPackage
import Testing

@Suite struct RequestTests {
  private func mistake<Value: Decodable>(_ type: Value.Type, _ json: String) -> HarkError? {
    do {
      _ = try WireJSON.decodeRequest(type, from: json.utf8)
      return nil
    } catch {
      return error
    }
  }

  @Test func everyKeyOfSimilarIsRead() throws {
    let json = """
      {"like": [{"path": "/a"}, {"id": "00", "from": 1, "to": 2.5}, {"path_base64": "Lw=="}],
       "unlike": [{"path": "/b"}], "k": 3,
       "filter": {"under": "/m", "under_base64": ["Lw=="], "duration": {"min": 1, "max": 2}}}
      """
    let request = try WireJSON.decodeRequest(Wire.SimilarRequest.self, from: json.utf8)
    #expect(request.like.map(\.path) == ["/a", nil, nil])
    #expect(request.like[1].from == 1 && request.like[1].to == 2.5 && request.like[1].id == "00")
    #expect(request.like[2].pathBase64 == "Lw==")
    #expect(request.unlike?.first?.path == "/b")
    #expect(request.k == 3)
    #expect(request.filter?.under == ["/m"])
    #expect(request.filter?.underBase64 == ["Lw=="])
    #expect(request.filter?.duration == Wire.DurationBounds(min: 1, max: 2))
  }

  @Test(arguments: [
    (#"{"like": [{"path": "/a"}], "fliter": {}}"#, "“fliter” is not a key"),
    (#"{"like": [{"path": "/a"}, {"Path": "/a"}]}"#, "“like[1].Path” is not a key"),
    (#"{"like": [], "filter": {"duration": {"least": 1}}}"#, "“filter.duration.least”"),
    (#"{"like": [], "filter": {"under": 3}}"#, "“filter.under” must be a string or a list"),
    (#"{"like": [], "filter": {"under": ["/", 3]}}"#, "“filter.under[1]” must be a string"),
    (#"{"like": [{"from": "1"}]}"#, "“like[0].from” must be a number"),
    (#"{"like": {"path": "/a"}}"#, "“like” must be a list"),
    (#"{"like": ["/a"]}"#, "“like[0]” must be an object"),
    (#"{"like": [], "k": "3"}"#, "“k” must be a number"),
    (#"{"like": [], "k": 1.5}"#, "“k” must be a whole number"),
    (#"{"like": [], "k": 1e300}"#, "“k” must be a whole number"),
    (#"{"like": [], "k": null}"#, "“k” must be a number, not null"),
    (#"{"like": null}"#, "“like” must be a list, not null"),
    (#"{"k": 1}"#, "“like” is missing"),
    (#"[]"#, "the body must be an object"),
    (#"{"like": ["#, "not valid JSON"),
    ("", "not valid JSON"),
    ("\u{feff}{", "not valid JSON"),
  ])
  func aMistakeIsNamed(json: String, expected: String) throws {
    let error = try #require(mistake(Wire.SimilarRequest.self, json))
    #expect(error.code == .invalidArgument)
    #expect(error.message.contains(expected), "\(error.message)")
    #expect(error.remedy != nil)
  }

  @Test func anUnknownKeyIsAnsweredWithTheKnownOnes() throws {
    let error = try #require(mistake(Wire.Forget.self, #"{"file": "/a"}"#))
    #expect(error.remedy == "known keys: path, path_base64")
  }

  @Test func nestingIsBounded() throws {
    let depth = 100_000
    let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(mistake(Wire.SimilarRequest.self, deep)?.code == .tooLarge)
    // Brackets inside of strings, also after an escaped quote, are no nesting.
    let text = #"{"path": "/\""# + String(repeating: "[", count: 100) + #""}"#
    #expect(mistake(Wire.Forget.self, text) == nil)
  }

  @Test func answersMayHaveKeysThatAreNew() throws {
    let json = #"{"under": "/a", "since": 3}"#
    #expect(mistake(Wire.Rescan.self, json)?.code == .invalidArgument)
    #expect(try WireJSON.decode(Wire.Rescan.self, from: json.utf8).under == "/a")
  }

  @Test func requestsSurviveTheirJourney() throws {
    let odd = FilePath(bytes: [0x2f, 0xff, 0x5c])
    let request = Wire.SimilarRequest(
      like: [Wire.Seed(path: odd, from: 1, to: 2), Wire.Seed(path: "/ä b")],
      filter: Wire.Filter(under: [odd, "/m"], duration: .init(max: 3)), k: 7)
    let bytes = try WireJSON.encode(request)
    #expect(try WireJSON.decodeRequest(Wire.SimilarRequest.self, from: bytes) == request)
    #expect(request.like[0].path == nil)
    #expect(request.like[0].pathBase64.flatMap(PathText.path(base64:)) == odd)
  }
}
