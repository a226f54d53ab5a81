import Core
import SystemPackage

/// A strict reader of safetensors files (https://github.com/huggingface/safetensors, format 0.x).
///
/// The file is eight bytes with the header's length (little-endian), the header (a JSON object),
/// and the tensors' bytes. The header maps a name to `dtype`, `shape` and `data_offsets` (first
/// byte and first byte after, counted from the header's end); `__metadata__` maps strings to
/// strings. Every offset is checked: the tensors must cover the rest of the file exactly, without
/// overlap or hole, each aligned to its element and as long as shape and type say.
struct Safetensors {
  /// Longest header that is read, in bytes.
  static let longestHeader = 4 << 20

  let metadata: [String: String]
  let tensors: [String: Tensor]
  /// Keeps the tensors' bytes alive.
  let file: MappedFile

  private let path: FilePath

  /// Throws ``HarkError`` (`corrupt`, or as the system says) whose message names the tensor.
  init(path: FilePath) throws(HarkError) {
    self.path = path
    file = try MappedFile(path)
    let bytes = file.bytes
    guard bytes.count >= 8 else {
      throw Self.corrupt(path, "it is shorter than a safetensors header")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length >= 2, length <= UInt64(Self.longestHeader), length <= UInt64(bytes.count - 8)
    else { throw Self.corrupt(path, "its header claims \(length) bytes") }
    let start = 8 + Int(length)
    guard let header = JSON(parsing: bytes[8..<start])?.object else {
      throw Self.corrupt(path, "its header is not a JSON object")
    }

    var metadata: [String: String] = [:]
    var found: [(range: Range<Int>, tensor: Tensor)] = []
    let body = UnsafeRawBufferPointer(rebasing: bytes[start...])
    for (name, entry) in header {
      if name == "__metadata__" {
        metadata = try Self.strings(entry, path)
      } else {
        found.append(try Self.tensor(name, entry, in: body, path))
      }
    }
    try Self.checkCover(found, size: body.count, path)
    self.metadata = metadata
    tensors = Dictionary(uniqueKeysWithValues: found.map { ($0.tensor.name, $0.tensor) })
  }

  /// The tensor of that name. Throws ``HarkError`` (`corrupt`) if it is missing.
  func tensor(_ name: String) throws(HarkError) -> Tensor {
    guard let tensor = tensors[name] else { throw corrupt("the tensor \(name) is missing") }
    return tensor
  }

  /// An error about this file.
  func corrupt(_ cause: String, line: Int = #line) -> HarkError {
    Self.corrupt(path, cause, line: line)
  }

  private static func corrupt(
    _ path: FilePath, _ cause: String, line: Int = #line
  ) -> HarkError {
    HarkError(
      .corrupt, "cannot use the model \(path.escaped)", remedy: "fetch or convert it again",
      cause: cause, line: line)
  }

  private static func strings(
    _ entry: JSON, _ path: FilePath
  ) throws(HarkError) -> [String: String] {
    guard let members = entry.object else { throw corrupt(path, "__metadata__ is no object") }
    var strings: [String: String] = [:]
    for (key, value) in members {
      guard let text = value.string else {
        throw corrupt(path, "the metadata key \(key) is not a string")
      }
      strings[key] = text
    }
    return strings
  }

  private static func tensor(
    _ name: String, _ entry: JSON, in body: UnsafeRawBufferPointer, _ path: FilePath
  ) throws(HarkError) -> (range: Range<Int>, tensor: Tensor) {
    guard let members = entry.object, Set(members.keys) == ["dtype", "shape", "data_offsets"],
      let type = members["dtype"]?.string, let sizes = members["shape"]?.array,
      let offsets = members["data_offsets"]?.array?.map(\.count), offsets.count == 2,
      let from = offsets[0], let to = offsets[1]
    else { throw corrupt(path, "the tensor \(name) has a malformed entry") }
    guard let element = Tensor.Element(rawValue: type) else {
      throw corrupt(path, "the tensor \(name) has the type \(type), not F32, F16, BF16 or I8")
    }
    var shape: [Int] = []
    var size = element.size
    for entry in sizes {
      guard let length = entry.count else {
        throw corrupt(path, "the tensor \(name) has a malformed shape")
      }
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else { throw corrupt(path, "the tensor \(name) claims too many values") }
      shape.append(length)
      size = product
    }
    guard from <= to, to <= body.count else {
      throw corrupt(path, "the tensor \(name) lies outside the file")
    }
    guard to - from == size else {
      throw corrupt(
        path, "the tensor \(name) has \(to - from) bytes where its shape needs \(size)")
    }
    let bytes = UnsafeRawBufferPointer(rebasing: body[from..<to])
    guard Int(bitPattern: bytes.baseAddress) % element.size == 0 else {
      throw corrupt(path, "the tensor \(name) is not aligned")
    }
    return (from..<to, Tensor(name: name, element: element, shape: shape, bytes: bytes))
  }

  private static func checkCover(
    _ found: [(range: Range<Int>, tensor: Tensor)], size: Int, _ path: FilePath
  ) throws(HarkError) {
    var end = 0
    for (range, tensor) in found.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard range.lowerBound == end else {
        let what = range.lowerBound < end ? "overlaps another" : "leaves a hole before it"
        throw corrupt(path, "the tensor \(tensor.name) \(what)")
      }
      end = range.upperBound
    }
    guard end == size else {
      throw corrupt(path, "\(size - end) bytes at its end belong to no tensor")
    }
  }
}
