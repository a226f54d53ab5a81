import Testing

/// Data moves one way, and a module imports only what stands before it on that way.
@Suite struct RoomTests {
  private static let sources = Repository.files.filter {
    $0.hasPrefix("Sources/") && $0.hasSuffix(".swift")
  }

  private static func room(of file: String) -> String { String(file.split(separator: "/")[1]) }

  @Test func dependenciesStandBeforeTheRoomThatUsesThem() throws {
    let manifest = try PackageManifest()
    #expect(manifest.targets.count > 20)
    for (position, target) in manifest.targets.enumerated() {
      for dependency in target.dependencies {
        guard let other = manifest.position(dependency) else { continue }
        let isTest = target.name.hasSuffix("Tests")
        #expect(other < position || isTest, "\(target.name) depends on \(dependency) below it")
      }
    }
  }

  @Test func importsAreDeclared() throws {
    let manifest = try PackageManifest()
    #expect(!Self.sources.isEmpty)
    for file in Self.sources {
      let room = Self.room(of: file)
      let position = try #require(manifest.position(room), "\(file): no target \(room)")
      let allowed = manifest.targets[position].dependencies
      for name in try imports(of: file) where manifest.position(name) != nil {
        #expect(
          allowed.contains(name), "\(file) imports \(name), which \(room) does not depend on")
      }
    }
  }

  /// Each outside library has one room that knows it.
  @Test(arguments: [
    ("GRDB", ["Catalogue"]), ("Hummingbird", ["Server"]), ("CSndfile", ["Audio"]),
    ("CSoxr", ["Audio"]), ("CEbur128", ["Audio"]), ("CDNNL", ["Embedding"]),
    ("CFFTW", ["Features"]), ("CKernels", ["MappedFiles", "VectorIndex"]),
  ])
  func libraryHasOneRoom(library: String, rooms: [String]) throws {
    for file in Self.sources where try imports(of: file).contains(library) {
      #expect(rooms.contains(Self.room(of: file)), "\(file) imports \(library)")
    }
  }

  /// One use of libdispatch's global queues and the daemon wakes up every second, for as long as it
  /// lives.
  @Test func theDaemonKeepsOffLibdispatch() throws {
    let manifest = try PackageManifest()
    var rooms: Set<String> = ["harkd"]
    for target in manifest.targets.reversed() where rooms.contains(target.name) {
      rooms.formUnion(target.dependencies)
    }
    #expect(rooms.isSuperset(of: ["Library", "Server", "Threads"]))
    for file in Self.sources where rooms.contains(Self.room(of: file)) {
      #expect(!(try imports(of: file).contains("Dispatch")), "\(file) imports Dispatch")
      for word in ["Task.sleep(", "DispatchQueue"] {
        #expect(!(try Repository.text(file).contains(word)), "\(file) uses \(word)")
      }
    }
  }

  @Test func onlyOneFolderIncludesOneDNN() throws {
    let header = "dnnl" + ".h"
    for file in Repository.files
    where file.hasPrefix("Sources/") && (file.hasSuffix(".c") || file.hasSuffix(".h")) {
      let isIncluded = try Repository.lines(file).contains {
        $0.hasPrefix("#include") && $0.contains(header)
      }
      #expect(!isIncluded || file.hasPrefix("Sources/CDNNL/"), "\(file) includes \(header)")
    }
  }

  /// The parser must see what the tests above rely on.
  @Test func importsAreFound() throws {
    let own = try imports(of: "Tests/ArchitectureTests/Repository.swift")
    #expect(own == ["Foundation", "TestSupport"])
  }
}
