import Catalogue
import Core
import Fingerprint
import Synchronization
import VectorIndex

/// The models that matter now and their open indexes: what queries and the recorder look up.
final class IndexShelf: Sendable {
  struct Contents: Sendable {
    /// Queries are answered with it; `nil` until the first model is loaded.
    var active: ModelID?
    /// It takes over once every online recording has its product.
    var incoming: ModelID?
    /// Open indexes: those of the active and the incoming model.
    var indexes: [ModelID: ModelIndex] = [:]
    /// Models that the workers have loaded.
    var loaded: [ModelID: LoadedModel] = [:]
    /// Every model that the catalogue knows.
    var infos: [ModelID: ModelInfo] = [:]
    /// The landmarks of all recordings; `nil` until they are opened.
    var landmarks: LandmarkStore?
    /// Decoder and version of the workers, such as `libsndfile-1.2.0`.
    var decoder: String?
    /// What locks the workers in; `nil` until they have started.
    var sandbox: Sandbox?

    /// Models whose products are made of a new recording.
    var wanted: [ModelID] {
      [active, incoming].compactMap { $0 }.filter { loaded[$0] != nil && indexes[$0] != nil }
    }

    /// Everything that is made of a new recording.
    var wantedProducts: [ProductKind] {
      wanted.map(ProductKind.embeddings)
        + [landmarks].compactMap { $0 }.map { .landmarks(version: $0.parameters.version) }
    }
  }

  private let contents = Mutex(Contents())

  /// The shelf as it stands: one consistent view.
  var current: Contents { contents.withLock { $0 } }

  func update(_ change: (inout Contents) -> Void) { contents.withLock { change(&$0) } }

  /// What queries are answered with.
  struct Answering: Sendable {
    var info: ModelInfo
    var index: ModelIndex
    /// `nil` while no worker has loaded the model.
    var loaded: LoadedModel?
  }

  /// The model and the index that queries are answered with. Throws `unavailable` before there is one.
  func active() throws(HarkError) -> Answering {
    let contents = current
    guard let id = contents.active, let index = contents.indexes[id],
      let info = contents.infos[id]
    else {
      throw HarkError(
        .unavailable, "the library is starting and has no index yet",
        remedy: "ask again in a moment; `hark status` tells how it stands")
    }
    return Answering(info: info, index: index, loaded: contents.loaded[id])
  }
}
