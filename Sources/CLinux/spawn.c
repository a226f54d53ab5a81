#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define IO_CLASS_SHIFT 13
#define IO_CLASS_IDLE 3
#define IO_WHO_PROCESS 1
#define CLOSE_ON_EXEC 4u  // CLOSE_RANGE_CLOEXEC

// Everything from here to the exec runs in the child of a process with threads: only calls that are
// async-signal-safe.

static void reset_signals(void) {
  struct sigaction action = {0};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_oom_score(int score) {
  char text[8];
  int length = 0;
  if (score >= 1000) text[length++] = '1';
  if (score >= 100) text[length++] = (char)('0' + score / 100 % 10);
  if (score >= 10) text[length++] = (char)('0' + score / 10 % 10);
  text[length++] = (char)('0' + score % 10);
  int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  // A preference; the worker runs without it too.
  if (write(file, text, (size_t)length) < 0) { /* nothing to do about it */ }
  close(file);
}

static void hide_other_descriptors(void) {
  if (syscall(SYS_close_range, 4u, ~0u, CLOSE_ON_EXEC) == 0) return;
  struct rlimit limit;
  rlim_t last = 65536;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < last) last = limit.rlim_cur;
  for (int file = 4; (rlim_t)file < last; file++) fcntl(file, F_SETFD, FD_CLOEXEC);
}

static int arrange_descriptors(const struct hark_spawn_options *options) {
  // Out of the way first, so that none is overwritten before it is copied.
  int socket = fcntl(options->socket, F_DUPFD_CLOEXEC, 10);
  int standard_error = fcntl(options->standard_error, F_DUPFD_CLOEXEC, 10);
  if (socket < 0 || standard_error < 0) return errno;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return errno;
  int high = fcntl(null, F_DUPFD_CLOEXEC, 10);
  if (high < 0) return errno;
  if (dup2(high, 0) < 0 || dup2(high, 1) < 0 || dup2(standard_error, 2) < 0) return errno;
  if (dup2(socket, 3) < 0) return errno;
  hide_other_descriptors();
  return 0;
}

static void limit_resources(const struct hark_spawn_options *options) {
  if (options->nice_increment > 0) {
    errno = 0;
    if (nice(options->nice_increment) == -1) errno = 0;
  }
  if (options->idle_io)
    syscall(SYS_ioprio_set, IO_WHO_PROCESS, 0, IO_CLASS_IDLE << IO_CLASS_SHIFT);
  if (options->data_limit > 0) {
    struct rlimit limit = {options->data_limit, options->data_limit};
    setrlimit(RLIMIT_DATA, &limit);
  }
  // Hundreds of megabytes of core for a file that somebody else made are no use to anybody.
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  if (options->oom_score > 0 && options->oom_score <= 1000) set_oom_score(options->oom_score);
}

static void run_child(const struct hark_spawn_options *options, pid_t parent, int report) {
  int error = 0;
  reset_signals();
  setsid();
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) error = errno;
  // The parent may have ended before the line above took effect.
  if (getppid() != parent) _exit(0);
  if (error == 0) {
    // `report` must survive the rearrangement below.
    int high = fcntl(report, F_DUPFD_CLOEXEC, 10);
    if (high < 0) error = errno;
    else report = high;
  }
  if (error == 0) error = arrange_descriptors(options);
  if (error == 0) {
    limit_resources(options);
    execve(options->path, options->argv, options->envp);
    error = errno;
  }
  if (write(report, &error, sizeof error) < 0) { /* the parent reads an exit instead */ }
  _exit(127);
}

int hark_spawn(const struct hark_spawn_options *options, pid_t *pid, int *pidfd) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return errno;

  // No handler of ours may run in the child before its signals are reset.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t child = fork();
  int fork_error = errno;
  if (child == 0) run_child(options, parent, report[1]);
  pthread_sigmask(SIG_SETMASK, &before, NULL);

  close(report[1]);
  if (child < 0) {
    close(report[0]);
    return fork_error;
  }
  int error = 0;
  ssize_t count;
  do count = read(report[0], &error, sizeof error);
  while (count < 0 && errno == EINTR);
  close(report[0]);
  int descriptor = -1;
  if (count != sizeof error) {
    error = 0;
    descriptor = (int)syscall(SYS_pidfd_open, child, 0u);
    if (descriptor < 0) error = errno;
  }
  if (error != 0) {
    kill(child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return error;
  }
  *pid = child;
  *pidfd = descriptor;
  return 0;
}

int hark_pidfd_signal(int pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0u) == 0 ? 0 : errno;
}

int hark_reap(pid_t pid, struct hark_exit *exit) {
  int status = 0;
  struct rusage usage;
  pid_t reaped;
  do reaped = wait4(pid, &status, WNOHANG, &usage);
  while (reaped < 0 && errno == EINTR);
  if (reaped < 0) return errno;
  if (reaped == 0) return EAGAIN;
  exit->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  exit->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  exit->peak_resident = (uint64_t)usage.ru_maxrss * 1024;
  return 0;
}
