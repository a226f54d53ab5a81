import Core
import Peaks

@testable import Fingerprint

extension Query {
  /// What a worker and the daemon make of samples together.
  init(_ samples: [Float], _ parameters: FingerprintParameters) {
    self.init(
      ConstellationExtractor.constellation(of: samples, parameters, role: .query), parameters)
  }
}

extension LandmarkIndex {
  init(hearing recordings: [[Float]], _ parameters: FingerprintParameters) {
    self.init(
      recordings.map {
        ConstellationExtractor.constellation(of: $0, parameters, role: .recording)
      }, parameters)
  }
}

extension Match {
  /// The recording's number in an index that was made in memory.
  var number: Int { Int(recording.rawValue) - 1 }
}
