import Core
import Fingerprint
import Foundation

/// duplicates FOLDER [DISTRACTORS] : indexes the library that `Benchmarks/duplicates/generate.py` made,
/// with so many four-minute recordings of shuffled music beside it, searches it for duplicates on one
/// thread, and says what was found, what was missed and how long it took.
@main enum Main {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let folder = arguments.first else { fatalError("duplicates FOLDER [DISTRACTORS]") }
    let distractors = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 0
    let parameters = FingerprintParameters()
    let library = try Library(URL(filePath: folder), parameters)
    var constellations = library.constellations
    let shuffler = Shuffler(library.constellations, parameters)
    for number in 0..<distractors {
      constellations.append(shuffler.recording(seconds: 240, seed: UInt64(number)))
    }
    let index = LandmarkIndex(constellations, parameters)
    let hours = Double(index.frames) * parameters.frameSeconds / 3_600
    print("\(index.count) recordings, \(hours) h, \(index.landmarks) landmarks")
    constellations = []

    let clock = ContinuousClock()
    var times: [Duration] = []
    let (begin, processor) = (clock.now, processorSeconds())
    let pairs = try DuplicateSearch(index).pairs { progress in
      if progress.done % 500 == 0 {
        let text = "\(progress.done): \(clock.now - begin), \(progress.pairs) pairs\n"
        FileHandle.standardError.write(Data(text.utf8))
      }
      times.append(clock.now - begin)
      return true
    }
    print(
      "search: \(clock.now - begin), \(processorSeconds() - processor) s of processor, "
        + "\(pairs.count) pairs, \(DuplicateGroup.groups(pairs).count) groups")
    if distractors > 0, let all = times.last {
      let before = times[library.entries.count - 1]
      print("of this for the library \(before), for the distractors \(all - before)")
    }
    Score(library, pairs).report()
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
