import Core
import MappedFiles
import SystemPackage

extension LandmarkStore {
  /// What of the file of records the ranges lie in, open for reading: from the header to the last
  /// record. `nil` if no range is given. Runs are left out, since they are made anew from records.
  ///
  /// Throws ``HarkError``: `corrupt` for a missing or damaged file, `newerVersion`, and what the system
  /// says. No record is read.
  public static func committedFile(
    directory: FilePath, parameters: FingerprintParameters,
    committed: RecordingTable<LandmarkRange>, generation: Int
  ) throws(HarkError) -> CommittedFile? {
    guard !committed.isEmpty else { return nil }
    let end = try end(of: committed, generation: generation, directory: directory)
    let kind = LandmarkFile.records(generation: generation)
    let path = directory.appending(kind.name(parameters))
    let file = try DataFile.open(
      path, header: kind.header(parameters), remedy: LandmarkFile.remedy, fileSystem: .system,
      readOnly: true)
    guard let file else {
      throw HarkError(
        .corrupt, "the index file \(path.escaped) is missing", remedy: LandmarkFile.remedy)
    }
    return try CommittedFile(
      name: kind.name(parameters), file, byteCount: end, remedy: LandmarkFile.remedy)
  }
}
