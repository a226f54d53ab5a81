import Foundation

/// Reference values computed with an independent implementation; they travel with the repository.
public enum Golden {
  /// The repository's root, found from this file's own place in it.
  public static let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The one model of `Models/`: what is shipped.
  public static let shippedModel: URL = {
    let folder = repository.appendingPathComponent("Models")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let models = names.filter { $0.hasSuffix(".safetensors") }
    precondition(models.count == 1, "Models/ holds \(models.count) models, not one")
    return folder.appendingPathComponent(models[0])
  }()

  /// A file of `Tests/Golden`.
  public static func url(_ name: String) -> URL {
    repository.appendingPathComponent("Tests/Golden").appendingPathComponent(name)
  }

  /// An array of `Tests/Golden`.
  public static func array(_ name: String) throws -> NPYArray { try NPYArray(url(name)) }

  /// Larger data beside the repository (`HARK_SHARED`, else `../shared`), or `nil` where there is
  /// none; tests that need it are then skipped with a message.
  public static let shared: URL? = {
    let named = ProcessInfo.processInfo.environment["HARK_SHARED"].map {
      URL(fileURLWithPath: $0)
    }
    let url = named ?? repository.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }()

  /// Why a test that needs ``shared`` is skipped.
  public static let sharedIsMissing = "needs the shared data beside the repository"
}
