/// Hark's own version, by semantic versioning.
public enum HarkVersion {
  public static let current = "0.1.0"
}
