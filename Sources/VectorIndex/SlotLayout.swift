import Core
import SystemPackage

/// Checks what the catalogue refers to, before anything relies on it.
struct SlotLayout {
  /// The rows in the order in which they lie in the recordings file.
  let rows: [StoredRows]
  /// Rows of each file up to the last that is referred to.
  let recordingRows: Int
  let segmentRows: Int

  /// Throws `corrupt` if a range is not of `generation`, is malformed, or overlaps another, or if
  /// one key comes twice. Complexity: O(n) for rows in order, else O(n log n).
  init(_ stored: [StoredRows], generation: Int, directory: FilePath) throws(HarkError) {
    func fault(_ row: StoredRows, _ cause: String) -> HarkError {
      HarkError(
        .corrupt,
        "the catalogue's rows of recording \(row.key.rawValue) do not fit the index in "
          + directory.escaped,
        remedy: "run `harkd --repair`: what is damaged is then made anew", cause: cause)
    }
    let isOrdered = zip(stored, stored.dropFirst()).allSatisfy {
      $0.pooled.first < $1.pooled.first
    }
    rows = isOrdered ? stored : stored.sorted { $0.pooled.first < $1.pooled.first }
    var pooledEnd = 0
    var segmentsEnd = 0
    for row in rows {
      guard row.key.rawValue > 0 else { throw fault(row, "the key is not positive") }
      guard row.pooled.generation == generation, row.segments.generation == generation else {
        throw fault(row, "they are not of generation \(generation)")
      }
      guard row.pooled.count == 1, (0..<Self.greatestRow).contains(row.pooled.first),
        row.segments.isPossible
      else { throw fault(row, "they are not ranges of rows") }
      guard row.pooled.first >= pooledEnd, row.segments.first >= segmentsEnd else {
        throw fault(row, "they overlap another recording's")
      }
      pooledEnd = row.pooled.end
      segmentsEnd = row.segments.end
    }
    recordingRows = pooledEnd
    segmentRows = segmentsEnd
  }

  /// Slots are numbered with 32 bits.
  private static let greatestRow = Int(Int32.max)
}
