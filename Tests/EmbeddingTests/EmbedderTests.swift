import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("Embedding patches")
struct EmbedderTests {
  @Test("A patch's embedding depends neither on its place, nor on its neighbours or their number")
  func batching() throws {
    let model = try SmallModel().read()
    let patches = try variedPatches()
    let size = NetworkShape.patchSize
    let count = patches.count / size
    let embedder = try Embedder(model: model, precision: .f32)
    let together = try embedder.embed(patches)
    #expect(count % embedder.batchSize != 0, "the last batch should be a partial one")
    for index in 0..<count {
      let alone = try embedder.embed(Array(patches[index * size..<(index + 1) * size]))
      #expect(alone[0] == together[index])
    }
    let tail = try embedder.embed(Array(patches[3 * size..<8 * size]))
    #expect(tail == Array(together[3..<8]))
    #expect(try embedder.embed([]).isEmpty)
  }

  @Test("Hark's segments have length 1 and differ between unlike patches")
  func lengths() throws {
    let embedder = try Embedder(model: try ModelFile(path: ShippedModel.path), precision: .f32)
    let embeddings = try embedder.embed(variedPatches())
    for embedding in embeddings {
      let square = embedding.reduce(0.0) { $0 + Double($1) * Double($1) }
      #expect(abs(square - 1) < 1e-5)
    }
    #expect(cosine(embeddings[5], embeddings[6]) < 0.9)
  }

  @Test("int8 stays within cosine 0.99 of f32", .enabled(if: supports(.int8), "needs AVX2"))
  func int8() throws { try expectClose(.int8, 0.99) }

  @Test("bf16 stays within cosine 0.999 of f32", .enabled(if: supports(.bf16), "needs AVX-512"))
  func bf16() throws { try expectClose(.bf16, 0.999) }

  private func expectClose(_ precision: Precision, _ bound: Double) throws {
    let model = try ModelFile(path: ShippedModel.path)
    let patches = try variedPatches()
    let reference = try Embedder(model: model, precision: .f32).embed(patches)
    let embedder = try Embedder(model: model, precision: precision)
    #expect(embedder.precision == precision)
    let embeddings = try embedder.embed(patches)
    let cosines = zip(embeddings, reference).map { cosine($0, $1) }
    for (index, cosine) in cosines.enumerated() { #expect(cosine >= bound, "patch \(index)") }
    let least = try #require(cosines.min())
    Figures.report("least cosine of \(precision) to f32", least)
    #expect(embeddings != reference, "the precision makes no difference: is it used?")
  }

  @Test(
    "8-bit layers stay close where activations pass their limits and 16-bit sums could overflow")
  func saturation() throws {
    try #require(Self.supports(.int8))
    // Weights of one sign and full activations: every pair of products is as large as can be.
    var small = try SmallModel()
    var inputs = 1
    for (name, outputs) in zip(FormulaModel.convolutions, SmallModel.widths) {
      let count = outputs * inputs * 9
      small.writer.add(
        "\(name).weight", shape: [outputs, inputs, 3, 3],
        [Float](repeating: 1 / Float(inputs * 9), count: count))
      small.writer.add(
        "\(name).bias", shape: [outputs], [Float](repeating: 0, count: outputs))
      if name != "conv4_2" { small.writer.add("\(name).activation_limit", shape: [1], [5]) }
      inputs = outputs
    }
    let model = try small.read()
    let patch = [Float](repeating: 5, count: NetworkShape.patchSize)
    let f32 = try Embedder(model: model, precision: .f32)
    let int8 = try Embedder(model: model, precision: .int8)
    let size = 24 * SmallModel.widths[5]
    func maps(_ embedder: Embedder) throws -> [Float] {
      try patch.withUnsafeBufferPointer {
        let start = try #require($0.baseAddress)
        return Array(
          UnsafeBufferPointer(start: try embedder.lastMaps(start, count: 1), count: size))
      }
    }
    #expect(relativeError(try maps(int8)[...], try maps(f32)[...]) < 0.03)
  }

  @Test("A precision that cannot be had is refused with a remedy")
  func refusals() throws {
    let model = try SmallModel().read()
    let error = #expect(throws: HarkError.self) { try Embedder(model: model, precision: .int8) }
    if Self.supports(.int8) { #expect(error?.cause == "it has no activation limits") }
    #expect(error?.code == .unsupported)
    #expect(error?.remedy != nil)
    let old = PrecisionSupport(cpu: .init(avx2: false, avx512: false, vnni: false, bf16: false))
    for precision in [Precision.bf16, .int8] {
      let error = #expect(throws: HarkError.self) {
        try Embedder(model: model, precision: precision, batchSize: 1, support: old)
      }
      #expect(error?.code == .unsupported)
      #expect(error?.remedy?.contains("f32") == true)
    }
  }

  @Test("The processor picks int8 with AVX2 and calibration, else native bf16, else f32")
  func choice() {
    let zen3 = PrecisionSupport(cpu: .init(avx2: true, avx512: false, vnni: false, bf16: false))
    let alder = PrecisionSupport(cpu: .init(avx2: true, avx512: false, vnni: true, bf16: false))
    let skylake = PrecisionSupport(cpu: .init(avx2: true, avx512: true, vnni: false, bf16: false))
    let zen4 = PrecisionSupport(cpu: .init(avx2: true, avx512: true, vnni: true, bf16: true))
    let old = PrecisionSupport(cpu: .init(avx2: false, avx512: false, vnni: false, bf16: false))
    #expect(zen3.preferred(isCalibrated: true) == .int8)
    #expect(zen3.preferred(isCalibrated: false) == .f32)
    #expect(old.preferred(isCalibrated: true) == .f32)
    #expect(alder.preferred(isCalibrated: true) == .int8)
    #expect(alder.preferred(isCalibrated: false) == .f32)
    #expect(skylake.preferred(isCalibrated: true) == .int8)
    #expect(skylake.preferred(isCalibrated: false) == .f32)
    #expect(zen4.preferred(isCalibrated: true) == .int8)
    #expect(zen4.preferred(isCalibrated: false) == .bf16)
    #expect(zen3.supported == [.f32, .int8])
    #expect(skylake.supported == [.f32, .bf16, .int8])
  }

  @Test("After it is made, an embedder starts no thread and asks for no executable memory")
  func lockdown() throws {
    let model = try ModelFile(path: ShippedModel.path)
    let patches = try variedPatches()
    // Other tests of this process start threads and compile networks meanwhile. A runtime that
    // started threads would do so for every new thread that computes, so one quiet try is enough.
    let quiet = (0..<20).contains { _ in
      let unchanged = Mutex(false)
      let done = DispatchSemaphore(value: 0)
      Thread {
        let threads = Set(Self.list("/proc/self/task"))
        if let embedder = try? Embedder(model: model, precision: .f32) {
          let executable = Self.executableRegions()
          let embeddings = try? embedder.embed(patches)
          let same =
            threads.isSuperset(of: Self.list("/proc/self/task"))
            && executable.isSuperset(of: Self.executableRegions())
          unchanged.withLock { $0 = same && embeddings != nil }
        }
        done.signal()
      }.start()
      done.wait()
      return unchanged.withLock { $0 }
    }
    #expect(quiet)
  }

  @Test("With Hark's head an embedder stays far under a worker's memory")
  func memory() throws {
    let model = try ModelFile(path: ShippedModel.path)
    #expect(try Embedder(model: model, precision: .f32).memory < 60_000_000)
  }

  static func supports(_ precision: Precision) -> Bool {
    PrecisionSupport.current.supported.contains(precision)
  }

  private static func list(_ directory: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
  }

  private static func executableRegions() -> Set<String> {
    let maps = FileManager.default.contents(atPath: "/proc/self/maps") ?? Data()
    let lines = String(decoding: maps, as: UTF8.self).split(separator: "\n")
    return Set(
      lines.compactMap { line in
        let fields = line.split(separator: " ")
        return fields.count > 1 && fields[1].contains("x") ? String(fields[0]) : nil
      })
  }
}
