import Core
import MappedFiles
import SystemPackage

/// One set of index files: a model's recordings and segments of one generation.
public struct IndexGeneration: Hashable, Sendable {
  public var model: ModelID
  public var generation: Int

  public init(model: ModelID, generation: Int) {
    self.model = model
    self.generation = generation
  }

  /// The names of its files in the state directory.
  public var fileNames: [String] {
    RowKind.allCases.map {
      IndexHeader(kind: $0, model: model, generation: generation).fileName
    }
  }
}

/// Index files by their names alone.
public enum IndexFiles {
  /// The index files in `directory`, half-made ones included, that belong to none of `known`: what
  /// a crash during a compaction leaves over. Nothing else in the directory is ever listed. Sorted.
  /// Ask before the first index is opened: a compaction under way looks like a leftover.
  ///
  /// Throws ``HarkError`` if the directory cannot be read.
  public static func orphaned(
    in directory: FilePath, known: Set<IndexGeneration>
  ) throws(HarkError) -> [FilePath] {
    let keep = Set(known.flatMap(\.fileNames))
    return try FileSystem.names(in: directory)
      .filter { isIndexFile($0) && !keep.contains($0) }
      .sorted().map { directory.appending($0) }
  }

  /// `recordings-0123456789ab-12.hark` or `segments-…`, or the same with `.new` behind it.
  static func isIndexFile(_ name: String) -> Bool {
    let stem = name.hasSuffix(".new") ? name.dropLast(4) : name[...]
    guard stem.hasSuffix(".hark") else { return false }
    let parts = stem.dropLast(5).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return false }
    let kind = parts.dropLast(2).joined(separator: "-")
    let (model, generation) = (parts[parts.count - 2], parts[parts.count - 1])
    return RowKind.allCases.map(\.name).contains(kind)
      && model.utf8.count == 12 && model.allSatisfy(\.isHexDigit)
      && Int(generation).map { $0 >= 0 } == true
  }
}
