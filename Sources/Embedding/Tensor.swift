/// One named array of a safetensors file: row-major, little-endian, read where it lies.
struct Tensor {
  /// How a number is stored; the raw values are the format's own names.
  enum Element: String {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i8 = "I8"

    /// Bytes a number.
    var size: Int {
      switch self {
      case .f32: 4
      case .f16, .bf16: 2
      case .i8: 1
      }
    }
  }

  let name: String
  let element: Element
  let shape: [Int]
  /// Aligned to the element's size; kept alive by the file that it came from.
  let bytes: UnsafeRawBufferPointer

  /// Product of the shape.
  var count: Int { bytes.count / element.size }

  /// Whether every value is a finite number. Complexity: O(n).
  var isFinite: Bool {
    switch element {
    case .i8: true
    case .f32: hasNoSpecial(UInt32.self, exponent: 0x7f80_0000)
    case .f16: hasNoSpecial(UInt16.self, exponent: 0x7c00)
    case .bf16: hasNoSpecial(UInt16.self, exponent: 0x7f80)
    }
  }

  /// Infinity and NaN are the values whose exponent bits are all ones, in each of these formats.
  private func hasNoSpecial<Bits: FixedWidthInteger>(_: Bits.Type, exponent: Bits) -> Bool {
    let values = bytes.assumingMemoryBound(to: Bits.self)
    var index = 0
    while index < values.count {
      if values[index] & exponent == exponent { return false }
      index += 1
    }
    return true
  }

  /// The values as floats; 8-bit codes as whole numbers. Complexity: O(n).
  func floats() -> [Float] {
    switch element {
    case .f32: Array(bytes.assumingMemoryBound(to: Float.self))
    case .f16: convert(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bf16: convert(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .i8: convert(Int8.self) { Float($0) }
    }
  }

  private func convert<Stored>(_: Stored.Type, _ value: (Stored) -> Float) -> [Float] {
    let stored = bytes.assumingMemoryBound(to: Stored.self)
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      var index = 0
      while index < stored.count {
        buffer.initializeElement(at: index, to: value(stored[index]))
        index += 1
      }
      initialised = index
    }
  }
}
