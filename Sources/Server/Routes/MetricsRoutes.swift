import Hummingbird
import Library

/// `GET /metrics`.
struct MetricsRoutes: Sendable {
  let library: any LibraryService
  let metrics: RequestMetrics

  var routes: [Route] {
    [
      Route(
        method: .get, path: "/metrics", name: "metrics",
        summary: "Metrics in Prometheus' text format.",
        answer: AnswerDescription(
          description: "The metrics.", mediaType: "text/plain", schema: ["type": "string"]),
        handler: { request, _ in
          _ = try QueryString(request.uri.query, allowing: [])
          var text = PrometheusText()
          text.write(try await library.status())
          metrics.write(to: &text)
          ProcessMetrics()?.write(to: &text)
          return Response(Array(text.text.utf8), type: PrometheusText.mediaType)
        })
    ]
  }
}
