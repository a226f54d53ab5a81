import Foundation
import Synchronization

/// A library between a program and the system: it lets calls that write below a directory fail, and
/// the time of day be another, as the test says while the program runs; and the kernel be an older one.
///
/// No mount can be made read-only while files on it are open for writing, nobody else's clock may be
/// touched, and there is one kernel; so all is done where the program asks.
public final class SystemShim: Sendable {
  private let control: URL
  private let library: URL

  /// Compiles the library into `directory`. Throws ``Unmet`` without a C compiler.
  public init(
    in directory: URL, failingBelow folder: URL, lacking features: [KernelFeature] = []
  ) async throws {
    self.features = features
    control = directory.appendingPathComponent("shim-control")
    library = directory.appendingPathComponent("shim.so")
    self.folder = folder
    let source = directory.appendingPathComponent("shim.c")
    try Data(Self.source.utf8).write(to: source)
    guard let compiler = Self.compiler else { throw Unmet(description: "there is no C compiler") }
    let run = try await ProgramRun.run(
      compiler, ["-shared", "-fPIC", "-O1", "-o", library.path, source.path, "-ldl"])
    guard run.status == 0 else { throw Unmet(description: run.errors) }
    try set(errno: 0, clock: 0)
  }

  /// What a kernel may have been built without.
  public enum KernelFeature: String, Sendable {
    case seccomp, landlock = "Landlock"
  }

  private let folder: URL
  private let features: [KernelFeature]

  /// Whether there is a C compiler, which every machine that builds Hark has.
  public static let compiler = ProgramRun.find("clang") ?? ProgramRun.find("gcc")

  /// What a program must be started with.
  public var environment: [String: String] {
    [
      "LD_PRELOAD": library.path, "SHIM_CONTROL": control.path, "SHIM_FOLDER": folder.path,
      "SHIM_LACKS": features.map(\.rawValue).joined(separator: " "),
    ]
  }

  /// - Parameters:
  ///   - errno: with what writing fails; 0 lets it succeed.
  ///   - clock: seconds added to the time of day.
  public func set(errno: Int32, clock: Int) throws {
    var values = [Int64(errno), Int64(clock)]
    let data = Data(bytes: &values, count: 16)
    // Written in place: programs have mapped it.
    if let file = FileHandle(forWritingAtPath: control.path) {
      try file.write(contentsOf: data)
      try file.close()
    } else {
      try data.write(to: control)
    }
  }

  private static let source = #"""
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <stdarg.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <sys/stat.h>
    #include <sys/syscall.h>
    #include <time.h>
    #include <unistd.h>

    static volatile long none[2];
    static volatile long *control = none;
    static const char *folder = "/nowhere";

    __attribute__((constructor)) static void begin(void) {
      const char *path = getenv("SHIM_CONTROL");
      int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
      int file = path ? real(path, O_RDWR | O_CLOEXEC) : -1;
      if (file < 0) return;
      void *map = mmap(0, 16, PROT_READ, MAP_SHARED, file, 0);
      if (map != MAP_FAILED) control = map;
      close(file);
      if (getenv("SHIM_FOLDER")) folder = getenv("SHIM_FOLDER");
    }

    static int refused(const char *path) {
      if (control[0] == 0 || strncmp(path, folder, strlen(folder)) != 0) return 0;
      errno = (int)control[0];
      return 1;
    }

    static int refused_file(int file) {
      char name[64], path[4096];
      if (control[0] == 0) return 0;
      snprintf(name, sizeof name, "/proc/self/fd/%d", file);
      ssize_t count = readlink(name, path, sizeof path - 1);
      if (count < 0) return 0;
      path[count] = 0;
      return refused(path);
    }

    #define NEXT(name) __typeof__(&name) next = dlsym(RTLD_NEXT, #name)

    #define OPEN(name)                                                       \
      int name(const char *path, int flags, ...) {                           \
        va_list rest;                                                        \
        va_start(rest, flags);                                               \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                        \
        NEXT(name);                                                          \
        int writes = (flags & O_ACCMODE) != O_RDONLY;                        \
        return writes && refused(path) ? -1 : next(path, flags, mode);       \
      }
    OPEN(open)
    OPEN(open64)

    #define ON_FILE(result, name, parameters, arguments) \
      result name parameters {                           \
        NEXT(name);                                      \
        return refused_file(file) ? -1 : next arguments; \
      }
    ON_FILE(ssize_t, write, (int file, const void *b, size_t n), (file, b, n))
    ON_FILE(ssize_t, pwrite, (int file, const void *b, size_t n, off_t o), (file, b, n, o))
    ON_FILE(ssize_t, pwrite64, (int file, const void *b, size_t n, off64_t o), (file, b, n, o))
    ON_FILE(int, ftruncate, (int file, off_t n), (file, n))
    ON_FILE(int, ftruncate64, (int file, off64_t n), (file, n))
    ON_FILE(int, fallocate, (int file, int m, off_t o, off_t n), (file, m, o, n))

    #define ON_PATH(name, parameters, arguments)     \
      int name parameters {                          \
        NEXT(name);                                  \
        return refused(path) ? -1 : next arguments;  \
      }
    ON_PATH(unlink, (const char *path), (path))
    ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
    ON_PATH(rename, (const char *path, const char *to), (path, to))

    static int lacks(const char *feature) {
      const char *all = getenv("SHIM_LACKS");
      return all && strstr(all, feature);
    }

    /* 444 to 446 are Landlock's calls, which older headers do not name. */
    long syscall(long number, ...) {
      va_list rest;
      va_start(rest, number);
      long a[6];
      for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
      va_end(rest);
      if ((number == SYS_seccomp && lacks("seccomp")) ||
          (number >= 444 && number <= 446 && lacks("Landlock"))) {
        errno = ENOSYS;
        return -1;
      }
      long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
      return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }

    int clock_gettime(clockid_t clock, struct timespec *time) {
      NEXT(clock_gettime);
      int result = next(clock, time);
      if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += control[1];
      return result;
    }
    """#
}
