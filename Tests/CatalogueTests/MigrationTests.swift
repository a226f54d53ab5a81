import Core
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import Catalogue

/// Catalogues of every earlier schema, with something in them, become current ones.
@Suite struct MigrationTests {
  /// Two files of one recording, a file of another one, and one that failed.
  private static let contents = """
    INSERT INTO model (key, id, info, role) VALUES (1, x'\(hex(7))',
      '{"id":"\(hex(7))","name":"m","architecture":"vggish-hark","isTrained":true,
        "licence":"CC0-1.0","labels":[]}', 'active');
    INSERT INTO recording (key, id, duration, facts, decoder, added) VALUES
      (1, x'\(hex(1))', 2, \(facts("FLAC")), 'd-1', 5), (2, x'\(hex(2))', 3, \(facts("MP3")), 'd-1', 5);
    INSERT INTO file (key, path, size, modified, device, inode, state, recording, title, added) VALUES
      (1, CAST('/m/a' AS BLOB), 10, 1, 1, 1, 'analysed', 1, 'A', 5),
      (2, CAST('/m/b' AS BLOB), 11, 1, 1, 2, 'analysed', 1, 'B', 5),
      (3, CAST('/m/c' AS BLOB), 12, 1, 1, 3, 'analysed', 2, 'C', 5);
    INSERT INTO file (key, path, size, modified, device, inode, state, failureCode, failureMessage,
      failureCount, added) VALUES
      (4, CAST('/m/d' AS BLOB), 13, 1, 1, 4, 'failed', 'corrupt', 'bad', 1, 5);
    INSERT INTO product (model, recording, precision, isShort, generation, pooledFirst, pooledChecksum,
      segmentsFirst, segmentsCount, segmentsChecksum) VALUES
      (1, 1, 'f32', 0, 1, 0, 9, 0, 2, 9), (1, 2, 'f32', 0, 1, 1, 9, 2, 3, 9);
    """

  private static func hex(_ byte: UInt8) -> String {
    String(repeating: (byte < 16 ? "0" : "") + String(byte, radix: 16), count: 32)
  }

  private static func facts(_ container: String) -> String {
    """
    '{"duration":2,"sampleRate":44100,"channels":2,"frames":88200,"container":"\(container)",
      "codec":"c","peak":1,"silenceShare":0}'
    """
  }

  private static let earlier = Schema.migrator.migrations.dropLast()

  @Test(arguments: earlier) func anEarlierCatalogueIsMigrated(version: String) async throws {
    let directory = try TemporaryDirectory()
    let path = directory("catalogue.sqlite").path
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: version)
    try await queue.write { try $0.execute(sql: Self.contents) }
    try queue.close()

    let catalogue = try Catalogue(path: FilePath(path))
    #expect(try await catalogue.problems().isEmpty)
    #expect(try await catalogue.counts().files == [.analysed: 3, .failed: 1])
    let files = try await catalogue.files(FileQuery()).elements
    #expect(files.map(\.path) == ["/m/a", "/m/b", "/m/c", "/m/d"])
    #expect(files.map(\.metadata.title) == ["A", "B", "C", nil])
    #expect(files.map(\.failure?.code) == [nil, nil, nil, .corrupt])
    // Of copies only one brought the facts: theirs are not known. From 3 on a file has its own.
    #expect(files.map(\.container) == [nil, nil, version < "3" ? "MP3" : nil, nil])
    let model = ModelID(try #require(ContentHash(bytes: [UInt8](repeating: 7, count: 32))))
    let rows = try await catalogue.storedRows(of: model).rows
    #expect(rows.map(\.segments.count) == [2, 3])
    #expect(try await catalogue.storedLandmarks(version: 1).ranges.isEmpty)
    // What the later schema has is made for what is there.
    let missing = try await catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    #expect(missing.map(\.path) == ["/m/a", "/m/c"])
  }
}
