import Core
import MappedFiles
import SystemPackage

extension LandmarkStore.State {
  /// Opens the runs in a directory, the largest first, and finds out what they hold that counts.
  ///
  /// A damaged run is removed: what it held is in the records. So is one that holds nothing that
  /// counts, as after a crash between a merge and the removal of what was merged.
  mutating func openRuns(
    in directory: FilePath, _ parameters: FingerprintParameters, _ fileSystem: FileSystem
  ) throws(HarkError) {
    var runs: [Run] = []
    for name in try FileSystem.names(in: directory) {
      guard let (version, file) = LandmarkFile.parse(name), version == parameters.version,
        case .run(let number) = file
      else { continue }
      nextRun = max(nextRun, number + 1)
      do {
        runs.append(try Run(number, in: directory, parameters, fileSystem: fileSystem))
      } catch  where error.code == .corrupt {
        _ = fileSystem.unlink(directory.appending(name))
      }
    }
    runs.sort { ($0.landmarks, $0.number) > ($1.landmarks, $1.number) }
    for run in runs {
      var part = Part(id: nextPart, .run(run))
      for slot in 0..<run.recordingCount {
        let recording = run.recording(slot)
        if places[recording.key] == nil,
          let range = ranges[recording.key], recording.isMade(of: range)
        {
          places[recording.key] = Place(part: nextPart, slot: slot)
        } else {
          part.kill(slot)
        }
      }
      guard part.deadCount < part.recordingCount else {
        _ = fileSystem.unlink(run.file.path)
        continue
      }
      nextPart += 1
      parts.append(part)
      unchecked.insert(run.number)
    }
    missing = Set(ranges.keys.filter { places[$0] == nil })
    beginTail()
  }

  /// Forgets a run: what it held is missing until it is read from the records again.
  mutating func lose(_ number: Int) {
    unchecked.remove(number)
    guard let part = parts.firstIndex(where: { $0.run?.number == number }) else { return }
    for (key, place) in places where place.part == parts[part].id {
      places[key] = nil
      missing.insert(key)
    }
    parts.remove(at: part)
  }

  /// What is to be made one run now, in the order of parts; empty if nothing is.
  ///
  /// Every run is at least twice as large as the next smaller one, so that there are few and each
  /// landmark is written about log₂(all / first run) times.
  mutating func dueForMerge(_ landmarksPerRun: Int) -> [Part] {
    let tails = parts.filter { $0.run == nil && $0.recordingCount > 0 }
    let size = tails.reduce(0) { $0 + $1.landmarks }
    var due: [Part] = size >= landmarksPerRun ? tails : []
    let isTailDue = !due.isEmpty
    var sum = isTailDue ? size : 0
    for part in parts.reversed() where part.run != nil {
      let fits =
        sum + part.landmarks < Self.mostLandmarks
        && due.reduce(part.frames) { $0 + $1.frames } < Self.mostFrames
      if sum > 0, part.landmarks < 2 * sum, fits {
        due.insert(part, at: 0)
        sum += part.landmarks
      } else if due.count > 1 || isTailDue {
        break
      } else {
        (due, sum) = ([part], part.landmarks)
      }
    }
    if due.count < 2, !isTailDue {
      due = parts.filter { $0.run != nil && 2 * $0.deadCount > $0.recordingCount }.suffix(1)
    }
    // What is read meanwhile must not grow.
    if isTailDue { beginTail() }
    return due
  }

  /// So that offsets and frames fit 32 bits.
  private static let mostLandmarks = 1 << 30
  private static let mostFrames = 1 << 31

  /// Puts a run in the place of the parts that it was made of.
  mutating func replace(_ old: [Part], by run: Run, _ origins: [RunWriter.Origin]) {
    let ids = Set(old.map(\.id))
    parts.removeAll { ids.contains($0.id) }
    var part = Part(id: nextPart, .run(run))
    nextPart += 1
    for (slot, origin) in origins.enumerated() {
      let key = run.recording(slot).key
      // Removed, or published anew, while the run was written.
      if places[key] == Place(part: origin.part, slot: origin.slot) {
        places[key] = Place(part: part.id, slot: slot)
      } else {
        part.kill(slot)
      }
    }
    let place = parts.firstIndex { $0.run == nil || $0.landmarks < part.landmarks }
    parts.insert(part, at: place ?? parts.count)
  }
}

extension Part {
  var run: Run? { if case .run(let run) = source { run } else { nil } }
}
