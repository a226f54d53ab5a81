import Core
import Pipeline
import SystemPackage
import Workers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// The program `hark-worker`: one thread that builds everything it will ever need, greets the pool,
// and analyses one file after another until its socket closes.
//
//     hark-worker --model FILE [--model FILE …] [--precision f32|bf16|int8] --socket-fd 3

do throws(HarkError) {
  guard let arguments = try WorkerArguments(ofThisProcess: ()) else {
    print(WorkerArguments.explanation)
    exit(ExitStatus.usage.rawValue)
  }
  try run(arguments)
} catch {
  let line = Array("hark-worker: \(error)\n".utf8)
  _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  exit(error.code.exitStatus.rawValue)
}

func run(_ arguments: WorkerArguments) throws(HarkError) {
  let server = try WorkerServer(descriptor: FileDescriptor(rawValue: arguments.socket))
  let analyser: Analyser
  do throws(HarkError) {
    analyser = try Analyser(models: arguments.models, precision: arguments.precision)
  } catch {
    // The pool tells it; on standard error it would be told twice.
    server.refuse(error)
    exit(error.code.exitStatus.rawValue)
  }
  // From here on it can only read what it is handed, and answer.
  try server.greet(
    decoder: analyser.decoder, models: analyser.models, sandbox: Sandbox.enter())
  try server.serve { (file, request, progress) throws(AnalysisFailure) in
    try analyser.analyse(descriptor: file.rawValue, request: request, progress: progress)
  }
}
