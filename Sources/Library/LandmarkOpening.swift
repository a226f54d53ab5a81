import Catalogue
import Core
import Fingerprint
import Logging
import SystemPackage
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Opens the store of landmarks with what the catalogue refers to.
struct LandmarkOpening: Sendable {
  let catalogue: Catalogue
  let directory: FilePath
  let logger: Logger
  private let disk = BlockingWork()

  init(catalogue: Catalogue, directory: FilePath, logger: Logger) {
    self.catalogue = catalogue
    self.directory = directory
    self.logger = logger
  }

  /// Opens it; a store that is damaged is given up, and its landmarks are made anew from the files.
  /// Complexity: O(recordings).
  func open(_ parameters: FingerprintParameters) async throws(HarkError) -> LandmarkStore {
    do throws(HarkError) {
      return try await opened(parameters)
    } catch  where error.code == .corrupt {
      logger.error("the landmarks are damaged and are made anew: \(error)")
      try await catalogue.forgetLandmarks(version: parameters.version)
      try await removeLeftovers(parameters, keeping: nil)
      return try await opened(parameters)
    }
  }

  private func opened(
    _ parameters: FingerprintParameters
  ) async throws(HarkError) -> LandmarkStore {
    let stored = try await catalogue.storedLandmarks(version: parameters.version)
    try await removeLeftovers(parameters, keeping: stored.generation)
    let store = try await disk.run { [directory] () throws(HarkError) in
      try LandmarkStore.open(
        directory: directory, parameters: parameters, committed: stored.ranges,
        generation: stored.generation)
    }
    // Nobody waits for it: what its runs lack queries find a little later.
    disk.perform { [logger] in store.maintain(logger) }
    return store
  }

  private func removeLeftovers(
    _ parameters: FingerprintParameters, keeping generation: Int?
  ) async throws(HarkError) {
    let leftovers = try await disk.run { [directory] () throws(HarkError) in
      let leftovers = try LandmarkStore.leftovers(
        in: directory, parameters: parameters, generation: generation ?? -1)
      for path in leftovers { _ = path.withPlatformString { unlink($0) } }
      return leftovers
    }
    for path in leftovers { logger.notice("removed \(path.escaped), which nothing refers to") }
  }
}

extension LandmarkStore {
  /// Why a question cannot be answered before the store is open.
  static var notOpened: HarkError {
    HarkError(
      .unavailable, "the library is starting and has no landmarks yet",
      remedy: "ask again in a moment; `hark status` tells how it stands")
  }

  /// Does what is due, and logs what stands in the way.
  func maintain(_ logger: Logger) {
    do throws(HarkError) {
      try maintain()
    } catch {
      logger.error("the landmarks' upkeep failed and is tried again later: \(error)")
    }
  }
}
