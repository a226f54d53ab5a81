import API
import Core
import Library

extension Wire.Event {
  init(_ event: LibraryEvent) {
    self.init(event.kind.wire, number: event.number, time: event.time)
    switch event.kind {
    case .analysed(let path, let recording, let isNew):
      setPath(path)
      id = recording.description
      new = isNew
    case .failed(let path, let failure):
      setPath(path)
      code = failure.code.rawValue
      message = failure.message
    case .moved(let from, let to):
      setPath(to)
      setPreviousPath(from)
    case .removed(let path), .online(let path):
      setPath(path)
    case .offline(let path, let reason):
      setPath(path)
      message = reason
    case .progress(let pending, let analysed, let failed):
      self.pending = pending
      self.analysed = analysed
      self.failed = failed
    case .idle:
      break
    }
  }
}

extension LibraryEvent.Kind {
  fileprivate var wire: Wire.Event.Kind {
    switch self {
    case .analysed: .analysed
    case .failed: .failed
    case .moved: .moved
    case .removed: .removed
    case .offline: .offline
    case .online: .online
    case .progress: .progress
    case .idle: .idle
    }
  }
}
