import Catalogue
import Core
import Logging
import SystemPackage
import Threads
import VectorIndex
import Workers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Decides which models are alive.
///
/// A new model comes in beside the old one: new files are analysed for both in one pass, old
/// recordings are analysed for the new one in the background, and queries are answered with the old
/// one until every online recording has its product. Then it switches, once. The state directory
/// keeps a copy of each model in use, because audio that comes with a query must be heard with the
/// model that answers, whatever became of the file it was loaded from.
actor ModelKeeper {
  private let catalogue: Catalogue
  private let shelf: IndexShelf
  private let visibility: VisibilityKeeper
  private let pool: WorkerPool
  private let directory: StateDirectory
  private let statistics: Statistics
  private let logger: Logger
  private let disk = BlockingWork()
  /// The model that was chosen last: it answers, or comes in.
  private var chosen: ModelID?
  /// The files that models were loaded from, copies apart. By now they may hold something else.
  private var sources: [ModelID: FilePath] = [:]

  init(
    catalogue: Catalogue, shelf: IndexShelf, visibility: VisibilityKeeper, pool: WorkerPool,
    directory: StateDirectory, statistics: Statistics, logger: Logger
  ) {
    self.catalogue = catalogue
    self.shelf = shelf
    self.visibility = visibility
    self.pool = pool
    self.directory = directory
    self.statistics = statistics
    self.logger = logger
  }

  /// Model files that the workers should load: `wanted`, and the kept copy of the active model unless
  /// it is the same file.
  static func files(
    wanted: FilePath?, catalogue: Catalogue, directory: StateDirectory
  ) async throws(HarkError) -> [FilePath] {
    let active = try await catalogue.models().first { $0.role == .active }
    let copy = active.map { Self.copy(of: $0.id, in: directory) }
    return try await BlockingWork().run { () throws(HarkError) in
      let kept = copy.flatMap { ModelCopy.exists($0) ? $0 : nil }
      guard let wanted else {
        guard let kept else {
          throw HarkError(
            .notFound, "no model file was found",
            remedy: "install hark's model, or name one with --model")
        }
        return [kept]
      }
      guard let kept, !ModelCopy.areEqual(wanted, kept) else { return [wanted] }
      return [wanted, kept]
    }
  }

  /// Takes the first model that the workers loaded as the one to analyse for, and opens the indexes.
  /// Throws in the workers' words if no model can be loaded.
  func start(files: [FilePath]) async throws(HarkError) {
    try await removeLeftovers()
    // Meanwhile the workers load their models; which one they have does not matter for it.
    try await openActive()
    do throws(HarkError) {
      try await adopt(pool.capabilities(), files: files)
    } catch {
      guard let kept = files.dropFirst().first else { throw error }
      try await startWithOne(wanted: files[0], kept: kept)
    }
  }

  /// Opens the index of the model that answered last, if there was one.
  private func openActive() async throws(HarkError) {
    guard let active = try await catalogue.models().first(where: { $0.role == .active })?.id
    else { return }
    try await visibility.exclusively { [catalogue, shelf, directory] () async throws(HarkError) in
      let index = try await IndexOpening(catalogue: catalogue).open(active, in: directory.path)
      shelf.update { $0.indexes[active] = index }
    }.get()
  }

  /// Goes on with one of two models, where the other cannot be loaded.
  private func startWithOne(wanted: FilePath, kept: FilePath) async throws(HarkError) {
    do throws(HarkError) {
      try await pool.replaceModels([wanted])
    } catch {
      // A bad new model must not take the old one's answers away.
      logger.error("the new model cannot be used, the old one stays: \(error)")
      warn(of: wanted, error)
      try await pool.replaceModels([kept])
      return try await adopt(pool.capabilities(), files: [kept])
    }
    discard(kept, "it cannot be loaded")
    try await adopt(pool.capabilities(), files: [wanted])
  }

  /// Removes a copy that is no longer what it was; one is made anew when its model is loaded again.
  private func discard(_ copy: FilePath, _ why: String) {
    logger.error("the copy \(copy.escaped) of a model is damaged and is removed: \(why)")
    _ = copy.withPlatformString { unlink($0) }
  }

  /// Removes index files of no known generation: what a crash during a compaction leaves over.
  private func removeLeftovers() async throws(HarkError) {
    let known = Set(
      try await catalogue.models().map {
        IndexGeneration(model: $0.id, generation: $0.generation)
      })
    let leftovers = try await disk.run { [directory] () throws(HarkError) in
      let leftovers = try IndexFiles.orphaned(in: directory.path, known: known)
      for path in leftovers { _ = path.withPlatformString { unlink($0) } }
      return leftovers
    }
    for path in leftovers { logger.notice("removed \(path.escaped), which nothing refers to") }
  }

  /// Whether the model that was chosen last is the one in `file`, and no warning stands: then there
  /// is nothing to change to. Complexity: O(size).
  func holds(_ file: FilePath) async throws(HarkError) -> Bool {
    // Until the start is over, `file` is being loaded.
    guard let chosen else { return true }
    guard !statistics.hasWarning(.model) else { return false }
    let copy = Self.copy(of: chosen, in: directory)
    return try await disk.run { () throws(HarkError) in ModelCopy.areEqual(file, copy) }
  }

  /// Changes to the model in `file` while the library runs. If it cannot be loaded nothing changes.
  func replace(with file: FilePath) async throws(HarkError) {
    do throws(HarkError) {
      var files = try await Self.files(wanted: file, catalogue: catalogue, directory: directory)
      do throws(HarkError) {
        try await pool.replaceModels(files)
      } catch {
        files = try await withoutDamagedCopy(files, error)
        try await pool.replaceModels(files)
      }
      try await adopt(pool.capabilities(), files: files)
    } catch {
      // A warning that stands is of an earlier try.
      if statistics.hasWarning(.model) { warn(of: file, error) }
      throw error
    }
    statistics.clearWarning(.model)
  }

  private func warn(of file: FilePath, _ error: HarkError) {
    statistics.warn(.model, "the model \(file.escaped) cannot be used: \(error)")
  }

  /// What to load instead of `files`, which the workers refuse with `error`, if a kept copy alone is
  /// to blame; it is removed, for it must not stand in the way of a sound model. Throws otherwise.
  private func withoutDamagedCopy(
    _ files: [FilePath], _ error: HarkError
  ) async throws(HarkError) -> [FilePath] {
    guard let kept = files.dropFirst().first else { throw error }
    let wanted = files[0]
    _ = try await pool.tryOut([wanted])
    guard let damage = await refusal(of: [kept]) else { throw error }
    discard(kept, "\(damage)")
    return await [wanted] + replacement(of: kept, beside: wanted)
  }

  /// Why the workers cannot load `files`; `nil` if they can.
  private func refusal(of files: [FilePath]) async -> HarkError? {
    do throws(HarkError) {
      _ = try await pool.tryOut(files)
      return nil
    } catch { return error }
  }

  /// The file from which the model of a damaged copy was loaded, if it is still that model. Audio
  /// that comes with a query needs it until `wanted` answers, and a new copy is made of it.
  private func replacement(of copy: FilePath, beside wanted: FilePath) async -> [FilePath] {
    guard
      let (id, source) = sources.first(where: { Self.copy(of: $0.key, in: directory) == copy }),
      source != wanted, let found = try? await pool.tryOut([wanted, source]),
      found.models.last?.info.id == id.description
    else { return [] }
    return [source]
  }

  /// Makes the incoming model the active one if it is complete. Returns whether it did.
  func activateIncoming(failed: Set<RecordingKey>) async throws(HarkError) -> Bool {
    guard shelf.current.incoming != nil,
      let model = try await catalogue.activateIncoming(failed: failed)
    else { return false }
    shelf.update { contents in
      if let old = contents.active { contents.indexes.removeValue(forKey: old) }
      contents.active = model
      contents.incoming = nil
    }
    logger.notice("model \(model.short) answers from now on")
    return true
  }

  private func adopt(
    _ capabilities: WorkerCapabilities, files paths: [FilePath]
  ) async throws(HarkError) {
    var loaded: [ModelID: LoadedModel] = [:]
    for (model, path) in zip(capabilities.models, paths) {
      guard let id = ModelID(model.info.id) else {
        throw HarkError(.defect, "a worker names a model by \(model.info.id)")
      }
      let copy = Self.copy(of: id, in: directory)
      if path != copy, path.removingLastComponent() == directory.models {
        // A copy bears the hash that it had when it was made.
        discard(path, "its SHA-256 is \(id)")
        return try await adopt(without: path, of: paths)
      }
      loaded[id] = model
      if path != copy { sources[id] = path }
      do throws(HarkError) {
        try await disk.run { () throws(HarkError) in try ModelCopy.make(of: path, at: copy) }
      } catch {
        logger.warning("cannot keep a copy of model \(id.short): \(error)")
      }
    }
    guard let first = capabilities.models.first, let wanted = ModelID(first.info.id) else {
      throw HarkError(.defect, "the workers loaded no model")
    }
    let role = try await catalogue.adopt(wanted, info: first.info)
    let known = try await catalogue.models()
    let active = known.first { $0.role == .active }?.id
    let incoming = known.first { $0.role == .incoming }?.id
    try await visibility.exclusively {
      [catalogue, shelf, directory, loaded] () async throws(HarkError) in
      var indexes = shelf.current.indexes
      for model in [active, incoming].compactMap({ $0 }) where indexes[model] == nil {
        indexes[model] = try await IndexOpening(catalogue: catalogue).open(
          model, in: directory.path)
      }
      let opened = indexes.filter { $0.key == active || $0.key == incoming }
      shelf.update { contents in
        contents.active = active
        contents.incoming = incoming
        contents.indexes = opened
        contents.loaded = loaded
        contents.infos = Dictionary(known.map { ($0.id, $0.info) }) { first, _ in first }
        contents.decoder = capabilities.decoder
        contents.sandbox = capabilities.sandbox
      }
    }.get()
    chosen = wanted
    let missing = Sandbox.full.subtracting(capabilities.sandbox)
    if !missing.isEmpty {
      let warning =
        "workers run without \(missing.names.joined(separator: " and ")), which this kernel does not "
        + "give them: a file that abuses a decoder is held back by less"
      statistics.warn(.sandbox, warning)
      logger.warning("\(warning)")
    }
    logger.notice(
      "model \(first.info.name) (\(wanted.short), \(first.precision.rawValue)) is \(role.rawValue)")
    let again = try await catalogue.retryFailures(ofOtherDecodersThan: capabilities.decoder)
    if again > 0 {
      logger.notice("the decoder is now \(capabilities.decoder): \(again) files are tried again")
    }
  }

  private func adopt(without damaged: FilePath, of paths: [FilePath]) async throws(HarkError) {
    var rest = paths.filter { $0 != damaged }
    guard let wanted = rest.first else {
      throw HarkError(
        .corrupt, "the copy of the model in \(directory.models.escaped) is damaged",
        remedy: "name the model's file with --model")
    }
    rest += await replacement(of: damaged, beside: wanted)
    try await pool.replaceModels(rest)
    try await adopt(pool.capabilities(), files: rest)
  }

  private static func copy(of id: ModelID, in directory: StateDirectory) -> FilePath {
    directory.models.appending("\(id.description).safetensors")
  }
}
