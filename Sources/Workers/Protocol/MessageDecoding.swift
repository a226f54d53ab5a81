import Core

extension Message {
  /// Reads one packet. Throws ``MalformedFrame`` for anything but exactly one good frame.
  static func decode(_ packet: [UInt8]) throws(MalformedFrame) -> (Message, request: UInt32) {
    var reader = try FrameReader(packet)
    let message = try read(&reader)
    try reader.end()
    return (message, reader.request)
  }

  private static func sandbox(_ reader: inout FrameReader) throws(MalformedFrame) -> Sandbox {
    let sandbox = Sandbox(rawValue: try reader.integer(UInt8.self))
    guard Sandbox.full.isSuperset(of: sandbox) else { throw MalformedFrame("an unknown sandbox") }
    return sandbox
  }

  private static func read(_ reader: inout FrameReader) throws(MalformedFrame) -> Message {
    switch reader.kind {
    case .hello:
      return .hello(
        pid: try reader.integer(UInt32.self), decoder: try reader.text(),
        sandbox: try sandbox(&reader),
        models: try reader.count(UInt16.self, atMost: Frame.maximumModels, of: "models"))
    case .model: return try model(&reader)
    case .labels:
      let count = try reader.count(UInt16.self, atMost: Frame.maximumLabels, of: "labels")
      guard count > 0 else { throw MalformedFrame("no labels") }
      return .labels(
        try list(count, &reader) { reader throws(MalformedFrame) in try reader.text() })
    case .directions: return .directions(try directions(&reader))
    case .ready: return .ready
    case .refusal:
      return .refusal(
        Refusal(
          code: try name(HarkError.Code.self, &reader), message: try reader.text(),
          remedy: try reader.optionalText(), cause: try reader.optionalText()))
    case .analyse:
      let count = try reader.count(UInt16.self, atMost: Frame.maximumModels, of: "models")
      let models = try list(count, &reader) { reader throws(MalformedFrame) in
        ModelID(try reader.hash())
      }
      return .analyse(AnalysisRequest(models: models, constellation: try reader.role()))
    case .progress:
      return .progress(seconds: try seconds(&reader))
    case .product: return .product(try product(&reader))
    case .segments: return .segments(try segments(&reader))
    case .constellation: return .constellation(try ConstellationHeader(from: &reader))
    case .peaks: return .peaks(try reader.peaks())
    case .done:
      return .done(
        AnalysisSummary(
          recording: RecordingID(try reader.hash()), facts: try facts(&reader),
          metadata: try metadata(&reader), decoder: try reader.text()))
    case .failure:
      return .failure(
        AnalysisFailure(try name(AnalysisFailure.Code.self, &reader), try reader.text()))
    }
  }

  private static func model(_ reader: inout FrameReader) throws(MalformedFrame) -> Message {
    let id = ModelID(try reader.hash())
    let name = try reader.text()
    let architecture = try reader.text()
    let licence = try reader.text()
    let info = ModelInfo(
      id: id, name: name, architecture: architecture, isTrained: try reader.bool(),
      licence: licence, labels: [])
    let precision = try Self.name(Precision.self, &reader)
    let labels = try reader.count(UInt32.self, atMost: Frame.maximumLabels, of: "labels")
    let hasTagHead = try reader.bool()
    guard labels > 0 || !hasTagHead else { throw MalformedFrame("a tag head without labels") }
    return .model(
      LoadedModel(info: info, precision: precision), labels: labels, hasTagHead: hasTagHead)
  }

  private static func directions(
    _ reader: inout FrameReader
  ) throws(MalformedFrame) -> DirectionBlock {
    let count = try reader.count(
      UInt16.self, atMost: Frame.directionsPerFrame, of: "tag directions")
    guard count > 0 else { throw MalformedFrame("no tag directions") }
    let bias = try finite(count, &reader)
    return DirectionBlock(bias: bias, weights: try finite(count * Embedding.dimension, &reader))
  }

  private static func finite(
    _ count: Int, _ reader: inout FrameReader
  ) throws(MalformedFrame) -> [Float] {
    try list(count, &reader) { reader throws(MalformedFrame) in
      let value = try reader.float()
      guard value.isFinite else { throw MalformedFrame("a direction that is not finite") }
      return value
    }
  }

  private static func product(_ reader: inout FrameReader) throws(MalformedFrame) -> ProductHeader {
    let model = ModelID(try reader.hash())
    let precision = try name(Precision.self, &reader)
    let isShort = try reader.bool()
    let values = try list(Embedding.dimension, &reader) { reader throws(MalformedFrame) in
      try reader.float()
    }
    guard let pooled = Embedding(values) else {
      throw MalformedFrame("a pooled embedding that is not finite")
    }
    return ProductHeader(
      model: model, precision: precision, isShort: isShort, pooled: pooled,
      segments: try reader.count(UInt32.self, atMost: Frame.maximumSegments, of: "segments"))
  }

  private static func segments(_ reader: inout FrameReader) throws(MalformedFrame) -> SegmentCodes {
    let count = try reader.count(UInt16.self, atMost: Frame.segmentsPerFrame, of: "segments")
    guard count > 0 else { throw MalformedFrame("no segments") }
    let scales = try list(count, &reader) { reader throws(MalformedFrame) in try reader.float() }
    let codes = try reader.codes(count * Embedding.dimension)
    guard let segments = SegmentCodes(codes: codes, scales: scales) else {
      throw MalformedFrame("a segment's scale is negative or not finite")
    }
    return segments
  }

  private static func seconds(_ reader: inout FrameReader) throws(MalformedFrame) -> Double {
    let seconds = try reader.double()
    guard (0...Frame.maximumSeconds).contains(seconds) else {
      throw MalformedFrame("a time of \(seconds) s")
    }
    return seconds
  }

  private static func facts(_ reader: inout FrameReader) throws(MalformedFrame) -> AudioFacts {
    var facts = AudioFacts(
      duration: try seconds(&reader),
      sampleRate: try reader.count(UInt32.self, atMost: 1 << 30, of: "frames a second"),
      channels: try reader.count(UInt32.self, atMost: 1 << 16, of: "channels"),
      frames: try reader.integer(Int64.self), container: try reader.text(),
      codec: try reader.text(), peak: try reader.double(),
      loudness: try reader.bool() ? try reader.double() : nil,
      silenceShare: try reader.double())
    guard facts.sampleRate > 0, facts.channels > 0, facts.frames >= 0, facts.peak >= 0,
      (0...1).contains(facts.silenceShare)
    else { throw MalformedFrame("facts out of range") }
    let count = try reader.count(UInt16.self, atMost: Frame.maximumWarnings, of: "warnings")
    facts.warnings = try list(count, &reader) { reader throws(MalformedFrame) in
      try reader.text()
    }
    return facts
  }

  private static func metadata(_ reader: inout FrameReader) throws(MalformedFrame) -> Metadata {
    Metadata(
      title: try reader.optionalText(), artist: try reader.optionalText(),
      album: try reader.optionalText(), track: try reader.optionalText(),
      date: try reader.optionalText())
  }

  private static func name<Value: RawRepresentable>(
    _: Value.Type, _ reader: inout FrameReader
  ) throws(MalformedFrame) -> Value where Value.RawValue == String {
    let text = try reader.text()
    guard let value = Value(rawValue: text) else {
      throw MalformedFrame("unknown \(Value.self) '\(text)'")
    }
    return value
  }

  private static func list<Element>(
    _ count: Int, _ reader: inout FrameReader,
    _ element: (inout FrameReader) throws(MalformedFrame) -> Element
  ) throws(MalformedFrame) -> [Element] {
    // Not reserved ahead: a count is only believed as far as its elements are there.
    var elements: [Element] = []
    for _ in 0..<count { elements.append(try element(&reader)) }
    return elements
  }
}
