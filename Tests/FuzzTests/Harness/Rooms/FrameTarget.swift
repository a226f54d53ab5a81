import Core
import SystemPackage

@testable import Fingerprint
@testable import MappedFiles
@testable import VectorIndex
@testable import Workers

/// What a worker says, packet by packet, up to the daemon's own files; and what a worker is told.
///
/// The first byte: 1 makes each packet's frame right, 2 names the model that is due, 4 asks for a
/// query's peaks, 8 for none. Then packets, each behind two bytes with its length.
struct FrameTarget: FuzzTarget {
  static let name = "frames"

  private static let models = [1, 2].compactMap { byte in
    ContentHash(bytes: [UInt8](repeating: byte, count: 32)).map { ModelID($0) }
  }

  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func take(_ input: [UInt8]) {
    var reader = InputReader(input)
    let flags = reader.byte()
    let role: Constellation.Role? =
      flags & 8 != 0 ? nil : flags & 4 != 0 ? .query : .recording
    let request = AnalysisRequest(models: Self.models, constellation: role)
    var greeting: GreetingAssembler? = GreetingAssembler()
    var answer: AnalysisAssembler? = AnalysisAssembler(request)
    var due = 0
    while !reader.isAtEnd {
      var packet = reader.bytes(reader.word())
      if flags & 1 != 0 { Self.frame(&packet) }
      if flags & 2 != 0, packet.count >= 48, packet[6] == 9, due < Self.models.count {
        packet.replaceSubrange(16..<48, with: Self.models[due].hash.bytes)
        due += 1
      }
      guard let (message, number) = try? Message.decode(packet) else { continue }
      Self.checkCoding(of: message, number)
      do { if try greeting?.take(message) == true { greeting = nil } } catch { greeting = nil }
      do {
        if let analysis = try answer?.take(message) {
          answer = nil
          record(analysis, request)
        }
      } catch { answer = nil }
    }
  }

  /// Magic number, version and length, where there is room for them.
  private static func frame(_ packet: inout [UInt8]) {
    guard packet.count >= Frame.headerSize else { return }
    packet.put(Frame.magic, at: 0)
    packet[4] = UInt8(Frame.version)
    packet[5] = 0
    packet[7] = 0
    packet.put(UInt32(packet.count - Frame.headerSize), at: 12)
  }

  /// What is accepted can be written, and says the same again.
  private static func checkCoding(of message: Message, _ number: UInt32) {
    let encoded = message.encoded(request: number)
    guard let again = try? Message.decode(encoded), again.request == number,
      again.0.encoded(request: number) == encoded
    else { broken("a message is what was written of it") }
  }

  /// What the daemon does with an answer: it goes into the index and the landmarks, and is opened again.
  private func record(_ analysis: Analysis, _ request: AnalysisRequest) {
    var again = AnalysisAssembler(request)
    for message in analysis.messages {
      // Whoever got it whole can hand it on whole.
      do throws(MalformedFrame) {
        if let same = try again.take(message), same != analysis { broken("it is what was sent") }
      } catch { broken("an analysis is what was sent, but for a \(message.kind): \(error)") }
    }
    scratch.clear()
    do {
      try recordSegments(analysis)
      try recordLandmarks(analysis)
    } catch {}
  }

  private func recordSegments(_ analysis: Analysis) throws(HarkError) {
    let index = try ModelIndex.open(
      directory: scratch.directory, model: Self.models[0], rows: [], generation: 1)
    for (number, product) in analysis.embeddings.enumerated() {
      let rows = try index.append(pooled: product.pooled, segments: product.segments)
      try index.publish(key: RecordingKey(Int64(number + 1)), rows: rows)
      _ = try index.similar(to: product.pooled, k: 3)
      _ = try index.similarMoments(to: product.pooled, k: 3)
    }
  }

  private func recordLandmarks(_ analysis: Analysis) throws(HarkError) {
    guard let constellation = analysis.constellation else { return }
    let parameters = FingerprintParameters()
    var committed: RecordingTable<LandmarkRange> = [:]
    for _ in 0..<2 {
      let store = try LandmarkStore(
        directory: scratch.directory, parameters: parameters, committed: committed, generation: 1,
        fileSystem: .system, landmarksPerRun: 8)
      let entry = LandmarkStore.Entry(
        recording: RecordingKey(Int64(committed.count + 1)), constellation: constellation)
      for range in try store.append([entry]) {
        committed[entry.recording] = range
        try store.publish([(entry, range)])
      }
      try store.maintain()
      var identifier = Identifier(try store.snapshot())
      identifier.searches = Identifier.Searches.sparse
      _ = identifier.identify(Query(constellation, parameters))
    }
  }
}
