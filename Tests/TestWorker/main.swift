import Core
import Glibc
import SystemPackage
import Workers

/// A worker for tests of the pool. It does what the file says instead of listening to it: the
/// file's first word is an order, its second a number.

/// The models named on the command line; the name of one may be an order for the start.
let models = CommandLine.arguments.indices.compactMap { index -> String? in
  guard index > 0, CommandLine.arguments[index - 1] == "--model" else { return nil }
  return CommandLine.arguments[index]
}

/// Asked for before the sandbox, which has no room for such questions.
let niceness = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
let session = getsid(0)

func send(_ bytes: [UInt8]) {
  _ = bytes.withUnsafeBytes { Glibc.send(3, $0.baseAddress, $0.count, 0) }
}

func say(_ text: String) { _ = text.withCString { write(2, $0, strlen($0)) } }

func loaded(_ name: String) -> LoadedModel? {
  guard
    let hash = ContentHash(bytes: Array((name + String(repeating: ".", count: 32)).utf8.prefix(32)))
  else { return nil }
  let labels = (0..<3000).map { "label number \($0) of a long list" }
  let info = ModelInfo(
    id: ModelID(hash), name: name, architecture: "test", isTrained: false, licence: "CC0-1.0",
    labels: labels)
  // Each number tells its place.
  let tags = TagDirections(
    labels: labels, weights: (0..<3000 * Embedding.dimension).map(Float.init),
    bias: (0..<3000).map { -Float($0) })
  return LoadedModel(info: info, precision: .f32, tags: tags)
}

func analysis(_ request: AnalysisRequest, segments count: Int) -> Analysis {
  // Every segment alike but for the first code, which tells its place.
  let one = (0..<Embedding.dimension).map { Int8($0 % 7) }
  var codes = [Int8](repeating: 0, count: count * one.count)
  for index in 0..<count {
    codes.replaceSubrange(index * one.count..<(index + 1) * one.count, with: one)
    codes[index * one.count] = Int8(index % 100)
  }
  guard let segments = SegmentCodes(codes: codes, scales: [Float](repeating: 0.5, count: count))
  else { exit(70) }
  guard let pooled = Embedding(normalising: (0..<Embedding.dimension).map { Float($0) }),
    let hash = ContentHash(bytes: [UInt8](repeating: 7, count: 32))
  else { exit(70) }
  return Analysis(
    recording: RecordingID(hash),
    facts: AudioFacts(
      duration: Double(count) * SegmentCodes.hop, sampleRate: 44_100, channels: 2,
      frames: Int64(count), container: "TEST", codec: "orders", peak: 0.5, loudness: nil,
      silenceShare: 0.25,
      warnings: ["nice \(niceness)"]),
    metadata: Metadata(title: "pid \(getpid())", artist: "session \(session)"), decoder: "test-1",
    embeddings: request.models.map {
      EmbeddingProduct(
        model: $0, precision: .f32, pooled: pooled, segments: segments, isShort: false)
    })
}

/// What the file says.
func order(in file: FileDescriptor) -> (word: String, number: Int) {
  var buffer = [UInt8](repeating: 0, count: 256)
  let count = read(file.rawValue, &buffer, buffer.count)
  let words = String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: " ")
  return (words.first.map(String.init) ?? "", words.dropFirst().first.flatMap { Int($0) } ?? 0)
}

/// Descriptors that are open besides the four that a worker has and the one that lists them.
func openDescriptors() -> Int {
  var status = stat()
  return (0..<1024).filter { fstat(Int32($0), &status) == 0 }.count
}

/// Only a worker that is not locked in comes so far.
func trespass(_ result: Int32) {
  say("got \(result), errno \(errno)\n")
  exit(result >= 0 ? 90 : 91)
}

func obey(
  _ file: FileDescriptor, _ request: AnalysisRequest, _ progress: (Double) -> Void
) throws(AnalysisFailure) -> Analysis {
  let (word, number) = order(in: file)
  switch word {
  case "analyse": return analysis(request, segments: number)
  case "fail": throw AnalysisFailure(.corrupt, "as the file says")
  case "crash":
    say("last words\n")
    raise(Int32(number))
  case "exit": exit(Int32(number))
  case "hang": while true { pause() }
  case "spin": while true { progress(1) }
  case "grow":
    var blocks: [UnsafeMutableRawPointer] = []
    while let block = malloc(1 << 20) {
      memset(block, 1, 1 << 20)
      blocks.append(block)
      usleep(500)
    }
    say("malloc failed after \(blocks.count) blocks\n")
    abort()
  case "slow":
    for step in 1...max(1, number) {
      progress(Double(step))
      usleep(20_000)
    }
    return analysis(request, segments: 1)
  case "garbage":
    send((0..<UInt8(number)).map { $0 &* 37 })
    while true { pause() }
  case "noise": for line in 0..<number { say("line \(line)\n") }
  case "open": trespass(open("/etc/hostname", O_RDONLY | O_CLOEXEC))
  case "connect": trespass(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
  case "fork":
    var child: pid_t = 0
    trespass(posix_spawn(&child, "/bin/true", nil, nil, [nil], nil) == 0 ? 0 : -1)
  case "execute": trespass(execv("/bin/true", [nil]))
  case "write": trespass(Int32(pwrite(file.rawValue, "x", 1, 0)))
  case "signal": trespass(kill(getppid(), 0))
  case "code":
    let page = mmap(
      nil, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    trespass(page == MAP_FAILED ? -1 : 0)
  case "look":
    return analysis(request, segments: open("/etc/hostname", O_RDONLY) >= 0 ? 1 : 2)
  case "chdir": return analysis(request, segments: chdir("/tmp") == 0 ? 1 : 2)
  case "descriptors": return analysis(request, segments: openDescriptors())
  default: throw AnalysisFailure(.notAudio, "no order")
  }
  return analysis(request, segments: 1)
}

do throws(HarkError) {
  let server = try WorkerServer(descriptor: FileDescriptor(rawValue: WorkerServer.socketNumber))
  for model in models {
    switch FilePath(model).lastComponent?.string {
    case "missing":
      server.refuse(HarkError(.notFound, "no model '\(model)'", remedy: "name another"))
      exit(66)
    case "exit-at-start":
      say("cannot start\n")
      exit(3)
    case "killed-until-it-is-there":
      if access(model, F_OK) != 0 { raise(SIGKILL) }
    case "silent": while true { pause() }
    case "garbage": send([1, 2, 3])
    default: break
    }
  }
  let isFree = models.contains { FilePath($0).lastComponent?.string == "free" }
  try server.greet(
    decoder: "test-1", models: models.compactMap(loaded), sandbox: isFree ? [] : Sandbox.enter())
  try server.serve(obey)
} catch {
  say("\(error)\n")
  exit(error.code.exitStatus.rawValue)
}
