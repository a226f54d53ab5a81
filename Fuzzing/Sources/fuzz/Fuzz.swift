import CFuzzer
import Foundation

/// One way into Hark under libFuzzer, which follows what of the code an input reaches.
///
///     fuzz                           prints the names of the targets
///     fuzz NAME --seeds DIRECTORY    writes what the target's own code makes to begin with
///     fuzz NAME OPTION-OF-LIBFUZZER … DIRECTORY …
@main
enum Fuzz {
  private static var all: [any FuzzTarget.Type] { RoomTargets.all + ServiceTargets.all }

  static func main() throws {
    var arguments = CommandLine.arguments
    guard arguments.count > 1 else {
      for type in all { print(type.name) }
      return
    }
    let name = arguments.remove(at: 1)
    guard let type = all.first(where: { $0.name == name }) else {
      FileHandle.standardError.write(
        Data(
          "fuzz: no target \(name); there are \(all.map { $0.name }.joined(separator: " "))\n".utf8)
      )
      exit(64)
    }
    if arguments.count == 3, arguments[1] == "--seeds" {
      try writeSeeds(of: type, to: URL(fileURLWithPath: arguments[2]))
    } else {
      try exit(run(type, arguments))
    }
  }

  private static func writeSeeds(of type: any FuzzTarget.Type, to directory: URL) throws {
    for (number, seed) in try type.seeds().enumerated() {
      try Data(seed).write(to: directory.appendingPathComponent("seed-\(number)"))
    }
  }

  private static func run(_ type: any FuzzTarget.Type, _ arguments: [String]) throws -> Int32 {
    Running.target = try type.init()
    var count = Int32(arguments.count)
    // For as long as the process lives.
    let copies = arguments.map { strdup($0) } + [nil]
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: copies.count)
    list.initialize(from: copies, count: copies.count)
    var pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = list
    return withUnsafeMutablePointer(to: &pointer) { argv in
      argv.withMemoryRebound(
        to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.self, capacity: 1
      ) {
        LLVMFuzzerRunDriver(&count, $0) { data, size in
          Running.target?.take(Array(UnsafeBufferPointer(start: data, count: size)))
          return 0
        }
      }
    }
  }

  /// What the function that libFuzzer calls, which captures nothing, works on.
  private enum Running {
    /// Set once, before the only thread that reads it begins to.
    nonisolated(unsafe) static var target: (any FuzzTarget)?
  }
}
