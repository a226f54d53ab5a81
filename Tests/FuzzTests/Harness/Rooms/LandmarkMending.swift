import Core

@testable import Fingerprint
@testable import MappedFiles

enum IndexHeaderMending {
  /// The checksum of a header page.
  static func mend(_ file: inout [UInt8]) {
    guard file.count >= HeaderPage.byteCount else { return }
    file.put(Checksum.crc32c(file[..<4092]), at: 4092)
  }
}

/// Checksums made right after a change, so that what lies behind them is reached.
extension LandmarkTarget {
  /// Bytes of a run that are changed: by three bits.
  static func region(_ bits: Int, of run: [UInt8]) -> Range<Int>? {
    let summary = HeaderPage.byteCount..<RunSummary.tables
    guard run.count > RunSummary.tables, let found = RunSummary([UInt8](run[summary])) else {
      return nil
    }
    let end = min(found.postings, run.count)
    let directory = min(found.directory, end)
    return switch bits {
    case 0: 0..<HeaderPage.byteCount
    case 1, 2: summary
    case 3, 4: RunSummary.tables..<directory
    case 5: directory..<end
    default: end..<run.count
    }
  }

  static func mendRun(_ run: inout [UInt8], _ flags: UInt8) {
    let start = HeaderPage.byteCount
    guard run.count >= RunSummary.tables else { return }
    if flags & 6 != 0 {
      mendSummary(&run)
      let bytes = [UInt8](run[start..<RunSummary.tables])
      guard let summary = RunSummary(bytes), summary.postings <= run.count else { return }
      if flags & 2 != 0 {
        run.put(Checksum.crc32c(run[RunSummary.tables..<summary.postings]), at: start + 40)
      }
      if flags & 4 != 0, summary.byteCount <= run.count {
        run.put(Checksum.crc32c(run[summary.postings..<summary.byteCount]), at: start + 44)
      }
    }
    if flags & 7 != 0 { mendSummary(&run) }
    if flags & 1 != 0 { IndexHeaderMending.mend(&run) }
  }

  private static func mendSummary(_ run: inout [UInt8]) {
    let start = HeaderPage.byteCount
    run.put(Checksum.crc32c(run[start..<start + 60]), at: start + 60)
  }

  static func mendRecords(_ ranges: inout RecordingTable<LandmarkRange>, _ file: [UInt8]) {
    for (key, range) in ranges {
      guard (0...file.count).contains(range.offset),
        (0...file.count - range.offset).contains(range.length)
      else { continue }
      ranges[key]?.checksum = Checksum.crc32c(file[range.offset..<range.offset + range.length])
    }
  }
}
