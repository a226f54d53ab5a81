import Catalogue
import Core
import SystemPackage
import Testing

@testable import Library

@Suite struct NamedRecordingTests {
  /// Who asks about a file that has no analysis is told to come back only where that can help.
  @Test(
    arguments: [
      ("/m/pending.wav", nil, .unavailable),
      ("/m/letter.txt", AnalysisFailure(.notAudio, "a letter"), .notAnalysable),
      ("/m/broken.wav", AnalysisFailure(.corrupt, "the header is cut"), .notAnalysable),
      ("/m/closed.wav", AnalysisFailure(.permissionDenied, "not permitted"), .unavailable),
    ] as [(FilePath, AnalysisFailure?, HarkError.Code)])
  func aFileWithoutAnAnalysisSaysWhetherItMayHaveOne(
    path: FilePath, failure: AnalysisFailure?, code: HarkError.Code
  ) async throws {
    let fixture = try await LibraryFixture()
    try await fixture.observe([path.string])
    if let failure {
      let items = try await fixture.catalogue.nextWork(limit: 1, excluding: [], now: 2)
      await fixture.recorder.record(.failed(try #require(items.first), failure))
    }
    do throws(HarkError) {
      _ = try await fixture.catalogue.recording(inFileAt: path)
      Issue.record("a recording was found")
    } catch {
      #expect(error.code == code)
      #expect(error.message.contains(path.string) && error.cause == failure?.message)
    }
    // Its disk is away: what was known of it may be out of date.
    _ = try await fixture.catalogue.setOffline(true, below: "/m", now: 3)
    do throws(HarkError) {
      _ = try await fixture.catalogue.recording(inFileAt: path)
      Issue.record("a recording was found")
    } catch {
      #expect(error.code == .unavailable)
    }
  }
}
