import Core
import Library

extension PrometheusText {
  /// What the library's status says, as metrics.
  mutating func write(_ status: LibraryStatus) {
    family("hark_build_info", .gauge, "Always 1; the label tells the version.")
    sample("hark_build_info", 1, labels: [("version", status.version)])
    family("hark_files", .gauge, "Files by state.")
    let states = [
      ("pending", status.files.pending), ("analysed", status.files.analysed),
      ("failed", status.files.failed), ("skipped", status.files.skipped),
      ("offline", status.files.offline),
    ]
    for (state, count) in states {
      sample("hark_files", Double(count), labels: [("state", state)])
    }
    single(
      "hark_recordings", .gauge, "Recordings with at least one file.", Double(status.recordings))
    single(
      "hark_recordings_duration_seconds", .gauge, "Total length of the recordings.",
      status.duration)
    single(
      "hark_analysed_total", .counter, "Files analysed since the start.",
      Double(status.analysedSinceStart))
    single(
      "hark_audio_seconds_total", .counter, "Seconds of audio analysed since the start.",
      status.secondsSinceStart)
    writeModels(status.models)
    writeWorkers(status.workers)
    writeRoots(status.roots)
    single(
      "hark_idle", .gauge, "1 when every known file is analysed, failed or offline.",
      status.isIdle ? 1 : 0)
  }

  private mutating func writeModels(_ models: [LibraryStatus.Model]) {
    guard !models.isEmpty else { return }
    family("hark_segments", .gauge, "Segments that a model's index holds.")
    for model in models {
      sample("hark_segments", Double(model.segments), labels: Self.labels(model))
    }
    family("hark_products", .gauge, "Recordings that have a model's product.")
    for model in models {
      sample("hark_products", Double(model.recordings), labels: Self.labels(model))
    }
  }

  private mutating func writeWorkers(_ workers: [LibraryStatus.Worker]) {
    guard !workers.isEmpty else { return }
    let lanes = Dictionary(grouping: workers, by: \.lane).sorted { $0.key < $1.key }
    family("hark_workers", .gauge, "Workers by lane and state.")
    for (lane, workers) in lanes {
      for state in ["starting", "idle", "busy", "waiting", "stopped"] {
        sample(
          "hark_workers", Double(workers.count { $0.state == state }),
          labels: [("lane", lane), ("state", state)])
      }
    }
    family("hark_worker_restarts_total", .counter, "How often workers were started again.")
    for (lane, workers) in lanes {
      sample(
        "hark_worker_restarts_total", Double(workers.reduce(0) { $0 + $1.restarts }),
        labels: [("lane", lane)])
    }
  }

  private mutating func writeRoots(_ roots: [LibraryStatus.Root]) {
    guard !roots.isEmpty else { return }
    family("hark_root_up", .gauge, "1 for a watched directory that can be followed.")
    for root in roots {
      let isUp = root.state != .offline && root.state != .unreadable
      sample("hark_root_up", isUp ? 1 : 0, labels: [("root", root.path.escaped)])
    }
  }

  private static func labels(_ model: LibraryStatus.Model) -> Labels {
    // Names may repeat; the beginning of the hash tells models apart.
    [("model", String(model.info.id.prefix(12))), ("name", model.info.name)]
  }
}
