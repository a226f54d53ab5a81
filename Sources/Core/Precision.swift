/// The arithmetic in which the network runs. Embeddings of one model at different precisions may be
/// compared; each precision's distance from `f32` is a published figure.
public enum Precision: String, Sendable, Codable, CaseIterable, Hashable {
  /// IEEE 754 binary32 throughout: the reference.
  case f32
  /// bfloat16 convolutions with f32 accumulation, for CPUs that have it natively.
  case bf16
  /// 8-bit convolutions with 32-bit accumulation, for CPUs with AVX2 or, faster still, VNNI.
  case int8
}
