import Foundation
import Glibc

/// What libFuzzer calls, in the process that `make fuzz` starts for one target.
@_cdecl("LLVMFuzzerTestOneInput")
public func takeFuzzedInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Fuzzer.target.take(Array(UnsafeBufferPointer(start: bytes, count: count)))
  return 0
}

/// What libFuzzer calls first: writes the inputs that our own code makes into the directory that
/// `HARK_FUZZ_SEEDS` names, which is one of the corpora.
@_cdecl("LLVMFuzzerInitialize")
public func prepareFuzzing(_ count: UnsafeMutableRawPointer?, _ words: UnsafeMutableRawPointer?)
  -> CInt
{
  guard let directory = getenv("HARK_FUZZ_SEEDS").map({ String(cString: $0) }) else { return 0 }
  do {
    for (number, seed) in try Fuzzer.type.seeds().enumerated() {
      try Data(seed).write(to: URL(fileURLWithPath: "\(directory)/seed-\(number)"))
    }
  } catch { fatalError("the seeds cannot be written to \(directory): \(error)") }
  return 0
}

enum Fuzzer {
  /// The target that `HARK_FUZZ_TARGET` names.
  static let type: any FuzzTarget.Type = {
    let name = getenv("HARK_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let type = FuzzTargets.all.first(where: { $0.name == name }) else {
      fatalError("HARK_FUZZ_TARGET is none of \(FuzzTargets.all.map { $0.name })")
    }
    return type
  }()

  // libFuzzer calls from one thread.
  nonisolated(unsafe) static let target: any FuzzTarget = {
    do { return try type.init() } catch { fatalError("\(type.name) cannot be prepared: \(error)") }
  }()
}
