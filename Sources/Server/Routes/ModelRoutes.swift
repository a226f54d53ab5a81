import API
import Core
import Hummingbird
import Library

/// `GET /v1/models` and `GET /v1/models/{id}`.
struct ModelRoutes: Sendable {
  let library: any LibraryService

  var routes: [Route] { [list, one] }

  private var list: Route {
    Route(
      method: .get, path: "/v1/models", name: "models",
      summary: "Every model whose embeddings the library holds or makes.",
      answer: AnswerDescription(
        description: "The models, in the order in which they came.",
        schema: Schema.reference("Models")),
      handler: { request, _ in
        _ = try QueryString(request.uri.query, allowing: [])
        return try .json(
          Wire.Models(models: try await library.status().models.map(Wire.Model.init)))
      })
  }

  private var one: Route {
    Route(
      method: .get, path: "/v1/models/{id}", name: "model",
      summary: "One model, with the labels that it can give.",
      answer: AnswerDescription(
        description: "The model.", schema: Schema.reference("ModelDetails")),
      problems: [404],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        guard let id = ModelID(context.parameters.get("id") ?? "") else {
          throw HarkError(.invalidArgument, "“id” must be a model's id: 64 hexadecimal digits")
        }
        let models = try await library.status().models
        guard let model = models.first(where: { $0.info.id == id.description }) else {
          throw HarkError(
            .notFound, "the library knows no model \(id.short)",
            remedy: "see `hark model list` for those that it knows")
        }
        return try .json(
          Wire.ModelDetails(model: Wire.Model(model), labels: model.info.labels))
      })
  }
}
