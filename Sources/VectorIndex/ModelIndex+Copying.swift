import Core
import MappedFiles
import SystemPackage

extension ModelIndex {
  /// What of a model's files the rows lie in, open for reading: from the header to the last row. Files
  /// that no row refers to are left out, and so are sketches, which are made anew.
  ///
  /// Throws ``HarkError``: `corrupt` for a missing or damaged file, `newerVersion`, and what the system
  /// says. No row is read.
  public static func committedFiles(
    directory: FilePath, model: ModelID, rows: [StoredRows], generation: Int
  ) throws(HarkError) -> [CommittedFile] {
    let layout = try SlotLayout(rows, generation: generation, directory: directory)
    var files: [CommittedFile] = []
    for (kind, count) in [
      (RowKind.recordings, layout.recordingRows), (.segments, layout.segmentRows),
    ] where count > 0 {
      let header = IndexHeader(kind: kind, model: model, generation: generation)
      let file = try RowFile.open(
        header, in: directory, fileSystem: .system, readOnly: true)
      guard let file else {
        throw HarkError(
          .corrupt, "the index file \(directory.appending(header.fileName).escaped) is missing",
          remedy: IndexHeader.remedy)
      }
      files.append(try file.committed(rows: count))
    }
    return files
  }
}
