import Core

extension Analysis {
  /// The analysis as a worker sends it: each product and its segments in blocks, then the summary.
  var messages: [Message] {
    var messages: [Message] = []
    for product in embeddings {
      messages.append(
        .product(
          Message.ProductHeader(
            model: product.model, precision: product.precision, isShort: product.isShort,
            pooled: product.pooled, segments: product.segments.count)))
      messages.append(contentsOf: product.segments.blocks.map(Message.segments))
    }
    if let constellation { messages += constellation.messages }
    messages.append(
      .done(
        Message.AnalysisSummary(
          recording: recording, facts: facts, metadata: metadata, decoder: decoder)))
    return messages
  }
}

extension SegmentCodes {
  /// The same segments in runs of at most ``Frame/segmentsPerFrame``.
  fileprivate var blocks: [SegmentCodes] {
    stride(from: 0, to: count, by: Frame.segmentsPerFrame).compactMap { first in
      let end = min(count, first + Frame.segmentsPerFrame)
      return SegmentCodes(
        codes: Array(codes[first * Embedding.dimension..<end * Embedding.dimension]),
        scales: Array(scales[first..<end]))
    }
  }
}

/// Puts an ``Analysis`` together again from the messages that answer one request.
struct AnalysisAssembler {
  private let request: AnalysisRequest
  private var products: [EmbeddingProduct] = []
  private var current: Message.ProductHeader?
  private var codes: [Int8] = []
  private var scales: [Float] = []
  private var constellation: ConstellationAssembler?

  init(_ request: AnalysisRequest) { self.request = request }

  /// The analysis once `message` completes it. Throws ``MalformedFrame`` for a message out of turn,
  /// a product that was not asked for, or one too few.
  mutating func take(_ message: Message) throws(MalformedFrame) -> Analysis? {
    switch message {
    case .product(let header): try begin(header)
    case .segments(let block): try append(block)
    case .constellation(let header): try begin(header)
    case .peaks(let peaks): try append(peaks)
    case .done(let summary): return try finish(summary)
    default: throw MalformedFrame("\(message.kind) within an answer")
    }
    return nil
  }

  private mutating func begin(_ header: Message.ProductHeader) throws(MalformedFrame) {
    guard current == nil, products.count < request.models.count,
      request.models[products.count] == header.model
    else { throw MalformedFrame("a product that was not due") }
    current = header
    codes = []
    scales = []
    try closeIfComplete()
  }

  private mutating func append(_ block: SegmentCodes) throws(MalformedFrame) {
    guard let current, scales.count + block.count <= current.segments else {
      throw MalformedFrame("segments that were not due")
    }
    codes += block.codes
    scales += block.scales
    try closeIfComplete()
  }

  private mutating func begin(
    _ header: Message.ConstellationHeader
  ) throws(MalformedFrame) {
    let isComplete = current == nil && products.count == request.models.count
    guard isComplete, constellation == nil, let role = request.constellation,
      header.counts.count == (role == .query ? 2 : 1)
    else { throw MalformedFrame("a constellation that was not due") }
    constellation = ConstellationAssembler(header)
  }

  private mutating func append(_ peaks: [Peak]) throws(MalformedFrame) {
    guard constellation != nil else { throw MalformedFrame("peaks that were not due") }
    try constellation?.take(peaks)
  }

  private mutating func closeIfComplete() throws(MalformedFrame) {
    guard let header = current, scales.count == header.segments else { return }
    guard let segments = SegmentCodes(codes: codes, scales: scales) else {
      throw MalformedFrame("segments that do not fit together")
    }
    products.append(
      EmbeddingProduct(
        model: header.model, precision: header.precision, pooled: header.pooled,
        segments: segments, isShort: header.isShort))
    current = nil
    codes = []
    scales = []
  }

  private func finish(_ summary: Message.AnalysisSummary) throws(MalformedFrame) -> Analysis {
    guard current == nil, products.count == request.models.count else {
      throw MalformedFrame("\(products.count) of \(request.models.count) products")
    }
    guard (request.constellation == nil) == (constellation?.whole == nil) else {
      throw MalformedFrame("a constellation that is not whole")
    }
    return Analysis(
      recording: summary.recording, facts: summary.facts, metadata: summary.metadata,
      decoder: summary.decoder, embeddings: products,
      constellation: constellation?.whole)
  }
}
