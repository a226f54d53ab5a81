import Core

/// An excerpt to be named.
public struct Query: Sendable {
  /// Peaks of each grid, in order of time; times count from the excerpt's first sample.
  public let grids: [[Peak]]
  /// Length in seconds.
  public let seconds: Double
  /// Seconds that hold more than silence.
  public let soundingSeconds: Double
  /// Frames of the first grid.
  let frames: Int
  /// Whether peaks that a recording explained were taken out.
  let isRest: Bool

  public init(_ constellation: Constellation, _ parameters: FingerprintParameters) {
    grids = constellation.grids
    frames = constellation.frames
    seconds = Double(constellation.samples) / Double(parameters.sampleRate)
    soundingSeconds = Double(constellation.soundingFrames) * parameters.frameSeconds
    isRest = false
  }

  private init(
    grids: [[Peak]], seconds: Double, soundingSeconds: Double, frames: Int, isRest: Bool
  ) {
    self.grids = grids
    self.seconds = seconds
    self.soundingSeconds = soundingSeconds
    self.frames = frames
    self.isRest = isRest
  }

  /// A stretch of the query, whose times count from its own beginning.
  func window(from start: Double, seconds: Double, _ parameters: FingerprintParameters) -> Query {
    let first = Int32((start / parameters.frameSeconds).rounded()) * Peak.scale
    let length = min(seconds, self.seconds - start)
    let frames = min(self.frames, Int((length / parameters.frameSeconds).rounded()))
    let stretch = grids.map { grid in
      grid[
        grid.firstIndex(after: first)..<grid.firstIndex(after: first + Int32(frames) * Peak.scale)
      ]
      .map { peak in
        var moved = peak
        moved.time -= first
        return moved
      }
    }
    return Query(
      grids: stretch, seconds: length, soundingSeconds: min(length, soundingSeconds),
      frames: frames, isRest: isRest)
  }

  /// Without the peaks that a match's recording has too.
  func without(explainedBy match: Match, _ index: LandmarkIndex) -> Query {
    let parameters = index.parameters
    let peaks = index.peaks(of: match.recording)
    let late = Int32((2 * parameters.toleranceFrames * Double(Peak.scale)).rounded())
    let high = Int32((2 * parameters.toleranceBins * Double(Peak.scale)).rounded())
    let eighths = Double(Peak.scale) / parameters.frameSeconds
    let rest = grids.map { grid in
      grid.filter { peak in
        let time = Int32((Double(peak.time) * match.speed + match.offset * eighths).rounded())
        let frequency = Int32((Double(peak.frequency) / match.pitch).rounded())
        var i = peaks.firstIndex(after: time - late)
        while i < peaks.count, peaks[i].time <= time + late {
          if abs(peaks[i].frequency - frequency) <= high { return false }
          i += 1
        }
        return true
      }
    }
    return Query(
      grids: rest, seconds: seconds, soundingSeconds: soundingSeconds, frames: frames, isRest: true)
  }
}
