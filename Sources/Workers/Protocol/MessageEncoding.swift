import Core

extension Message {
  /// The message as one frame. Text longer than ``Frame/maximumText`` bytes is cut.
  func encoded(request: UInt32 = 0) -> [UInt8] {
    var writer = FrameWriter(kind, request: request)
    switch self {
    case .hello(let pid, let decoder, let sandbox, let models):
      writer.put(pid)
      writer.put(decoder)
      writer.put(sandbox.rawValue)
      writer.put(UInt16(models))
    case .model(let model, let labels, let hasTagHead):
      model.write(to: &writer, labels: labels)
      writer.put(hasTagHead)
    case .labels(let labels):
      writer.put(UInt16(labels.count))
      for label in labels { writer.put(label) }
    case .directions(let block):
      writer.put(UInt16(block.bias.count))
      for value in block.bias { writer.put(value) }
      for value in block.weights { writer.put(value) }
    case .ready:
      break
    case .refusal(let refusal):
      writer.put(refusal.code.rawValue)
      writer.put(refusal.message)
      writer.put(optional: refusal.remedy)
      writer.put(optional: refusal.cause)
    case .analyse(let request):
      writer.put(UInt16(request.models.count))
      for model in request.models { writer.put(model.hash) }
      writer.put(role: request.constellation)
    case .progress(let seconds):
      writer.put(seconds)
    case .product(let product):
      product.write(to: &writer)
    case .segments(let segments):
      writer.put(UInt16(segments.count))
      for scale in segments.scales { writer.put(scale) }
      writer.put(segments.codes[...])
    case .constellation(let header):
      header.write(to: &writer)
    case .peaks(let peaks):
      writer.put(peaks: peaks)
    case .done(let summary):
      summary.write(to: &writer)
    case .failure(let failure):
      writer.put(failure.code.rawValue)
      writer.put(failure.message)
    }
    return writer.finish()
  }

  var kind: Frame.Kind {
    switch self {
    case .hello: .hello
    case .model: .model
    case .labels: .labels
    case .directions: .directions
    case .ready: .ready
    case .refusal: .refusal
    case .analyse: .analyse
    case .progress: .progress
    case .product: .product
    case .segments: .segments
    case .constellation: .constellation
    case .peaks: .peaks
    case .done: .done
    case .failure: .failure
    }
  }
}

extension LoadedModel {
  fileprivate func write(to writer: inout FrameWriter, labels: Int) {
    // `ModelInfo.id` is text; what is no hash cannot be asked for by hash either.
    let id = ModelID(info.id)?.hash ?? ContentHash(bytes: [UInt8](repeating: 0, count: 32))
    if let id { writer.put(id) }
    writer.put(info.name)
    writer.put(info.architecture)
    writer.put(info.licence)
    writer.put(info.isTrained)
    writer.put(precision.rawValue)
    writer.put(UInt32(labels))
  }
}

extension Message.ProductHeader {
  fileprivate func write(to writer: inout FrameWriter) {
    writer.put(model.hash)
    writer.put(precision.rawValue)
    writer.put(isShort)
    for value in pooled.values { writer.put(value) }
    writer.put(UInt32(segments))
  }
}

extension Message.AnalysisSummary {
  fileprivate func write(to writer: inout FrameWriter) {
    writer.put(recording.hash)
    facts.write(to: &writer)
    for text in [
      metadata.title, metadata.artist, metadata.album, metadata.track, metadata.date,
    ] {
      writer.put(optional: text)
    }
    writer.put(decoder)
  }
}

extension AudioFacts {
  fileprivate func write(to writer: inout FrameWriter) {
    writer.put(duration)
    writer.put(UInt32(clamping: sampleRate))
    writer.put(UInt32(clamping: channels))
    writer.put(frames)
    writer.put(container)
    writer.put(codec)
    writer.put(peak)
    writer.put(optional: loudness)
    writer.put(silenceShare)
    let kept = warnings.prefix(Frame.maximumWarnings)
    writer.put(UInt16(kept.count))
    for warning in kept { writer.put(warning) }
  }
}
