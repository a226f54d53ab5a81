import CLinux
import Core
import Foundation
import Threads

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The program `harkd`: arguments in, exit status out.
@main
enum HarkDaemon {
  static func main() async {
    StandardDescriptors.open()
    TaskThreads.adopt()
    // A client that hangs up must cost an error, not the daemon.
    signal(SIGPIPE, SIG_IGN)
    // Lengths are checked before each query; what is cut off after that ends the process.
    hark_explain_lost_pages(lostPages.utf8Start)
    // What people listen to is nobody else's business; whoever started harkd may want it closer still.
    umask(umask(0o077) | 0o027)
    do throws(any Error) {
      guard let options = try Options.parse() else { exit(ExitStatus.success.rawValue) }
      if let backup = options.restore {
        exit(try await StateChecking(options).restore(from: backup).rawValue)
      }
      if options.repair { exit(try await StateChecking(options).repair().rawValue) }
      if options.check { exit(try await StateChecking(options).check().rawValue) }
      try await Daemon(options).run()
      exit(ExitStatus.success.rawValue)
    } catch {
      guard let error = error as? HarkError else { fail("\(error)", .defect) }
      fail(error.description, error.code.exitStatus)
    }
  }

  private static let lostPages: StaticString = """
    harkd: a file in the state directory was cut short, or its disk failed, while it was read: stop \
    what truncates it, and see what `harkd --check` says\n
    """

  private static func fail(_ message: String, _ status: ExitStatus) -> Never {
    try? FileHandle.standardError.write(contentsOf: Data("harkd: \(message)\n".utf8))
    exit(status.rawValue)
  }
}
