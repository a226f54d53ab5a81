import Foundation

/// A NumPy `.npy` file of little-endian numbers in C order, read as `Float`.
/// Format: numpy.lib.format, versions 1–3.
public struct NPYArray {
  public let shape: [Int]
  public let values: [Float]

  struct Malformed: Error {
    let what: String
  }

  public init(_ url: URL) throws {
    let data = [UInt8](try Data(contentsOf: url))
    guard data.count >= 12, data[0..<6].elementsEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) else {
      throw Malformed(what: "no NPY magic in \(url.path)")
    }
    let wide = data[6] >= 2
    let headerLength =
      wide
      ? Int(data[8]) | Int(data[9]) << 8 | Int(data[10]) << 16 | Int(data[11]) << 24
      : Int(data[8]) | Int(data[9]) << 8
    let start = wide ? 12 : 10
    let header = String(decoding: data[start..<start + headerLength], as: UTF8.self)
    guard !header.contains("'fortran_order': True") else {
      throw Malformed(what: "Fortran order in \(url.path)")
    }
    guard let open = header.range(of: "'shape': ("),
      let close = header[open.upperBound...].firstIndex(of: ")")
    else { throw Malformed(what: "no shape in \(url.path)") }
    let dimensions = header[open.upperBound..<close].split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
    shape = dimensions
    let count = dimensions.reduce(1, *)
    let body = data[(start + headerLength)...]
    if header.contains("<f4") {
      values = try Self.decode(body, count, Float.self) { $0 }
    } else if header.contains("<f8") {
      values = try Self.decode(body, count, Double.self) { Float($0) }
    } else if header.contains("|i1") {
      values = try Self.decode(body, count, Int8.self) { Float($0) }
    } else {
      throw Malformed(what: "unknown element type in \(url.path): \(header)")
    }
  }

  private static func decode<Element>(
    _ bytes: ArraySlice<UInt8>, _ count: Int, _: Element.Type, _ convert: (Element) -> Float
  ) throws -> [Float] {
    let size = MemoryLayout<Element>.size
    guard bytes.count >= count * size else { throw Malformed(what: "too few values") }
    return bytes.withUnsafeBytes { raw in
      (0..<count).map {
        convert(raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self))
      }
    }
  }

  /// Writes `values` as a float32 `.npy` file.
  public static func write(_ values: [Float], shape: [Int], to url: URL) throws {
    let list = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(list)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var data = Data([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
    data.append(UInt8(header.utf8.count & 255))
    data.append(UInt8(header.utf8.count >> 8))
    data.append(contentsOf: header.utf8)
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    try data.write(to: url)
  }
}
