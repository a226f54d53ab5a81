import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers

/// Counts requests and how long they took, by route.
final class RequestMetrics: Sendable {
  /// Upper bounds of the histogram's buckets in seconds.
  static let bounds = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60,
  ]

  private struct Key: Hashable {
    var method: String
    var route: String
    var status: Int
  }

  private struct Histogram {
    var counts = [Int](repeating: 0, count: RequestMetrics.bounds.count + 1)
    var sum = 0.0
  }

  private struct State {
    var requests: [Key: Int] = [:]
    var durations: [String: Histogram] = [:]
  }

  private let state = NIOLockedValueBox(State())

  /// - Parameters:
  ///   - route: the route's template, so that there are only so many.
  ///   - seconds: until the answer's head was ready; a stream's own length does not count.
  func record(method: String, route: String, status: Int, seconds: Double) {
    let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
    state.withLockedValue { state in
      state.requests[Key(method: method, route: route, status: status), default: 0] += 1
      state.durations[route, default: Histogram()].counts[bucket] += 1
      state.durations[route, default: Histogram()].sum += seconds
    }
  }

  func write(to text: inout PrometheusText) {
    let state = state.withLockedValue { $0 }
    guard !state.requests.isEmpty else { return }
    let requests = "hark_http_requests_total"
    text.family(requests, .counter, "Requests that were answered.")
    let keys = state.requests.keys.sorted {
      ($0.route, $0.method, $0.status) < ($1.route, $1.method, $1.status)
    }
    for key in keys {
      text.sample(
        requests, Double(state.requests[key] ?? 0),
        labels: [("method", key.method), ("route", key.route), ("code", "\(key.status)")])
    }
    let name = "hark_http_request_duration_seconds"
    text.family(name, .histogram, "Time until a request's answer was ready.")
    for (route, histogram) in state.durations.sorted(by: { $0.key < $1.key }) {
      var total = 0
      for (bound, count) in zip(Self.bounds + [.infinity], histogram.counts) {
        total += count
        text.sample(
          name + "_bucket", Double(total),
          labels: [("route", route), ("le", PrometheusText.format(bound))])
      }
      text.sample(name + "_sum", histogram.sum, labels: [("route", route)])
      text.sample(name + "_count", Double(total), labels: [("route", route)])
    }
  }
}

/// Records every request, whatever comes of it.
struct MetricsMiddleware: RouterMiddleware {
  typealias Context = HarkContext

  let metrics: RequestMetrics
  private static let methods: Set<String> = ["GET", "HEAD", "POST"]

  func handle(
    _ request: Request, context: HarkContext,
    next: (Request, HarkContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let route = context.endpointPath ?? "NotFound"
    let method = request.method.rawValue
    metrics.record(
      method: Self.methods.contains(method) ? method : "other",
      route: route.hasPrefix("/") ? route : "none", status: response.status.code,
      seconds: seconds)
    return response
  }
}
