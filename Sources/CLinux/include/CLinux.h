// The few system calls that Swift cannot import: those with variable-length structures, those that
// glibc 2.36 does not wrap, and what has to happen between fork and exec.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// --- Spawning -----------------------------------------------------------------------------------

/// How a child is started. Every pointer stays the caller's.
struct hark_spawn_options {
  /// Absolute path of the program.
  const char *path;
  /// NULL-terminated, as for execve(2).
  char *const *argv;
  char *const *envp;
  /// Becomes the child's descriptor 3.
  int socket;
  /// Becomes the child's standard error; standard input and output are /dev/null.
  int standard_error;
  /// Added to the parent's nice value, 0–19.
  int nice_increment;
  /// Whether disk access waits for everybody else's (IOPRIO_CLASS_IDLE).
  int idle_io;
  /// RLIMIT_DATA in bytes; 0 leaves the limit alone.
  uint64_t data_limit;
  /// The child's oom_score_adj, 0–1000; 0 leaves it alone.
  int oom_score;
};

/// Starts a child in a session of its own, with signals reset, that keeps descriptors 0–3 only and
/// is killed when the calling *thread* ends (PR_SET_PDEATHSIG).
///
/// Returns 0 and fills in both numbers, or returns the errno of the step that failed, execve
/// included. The caller owns `pidfd` and reaps `pid`.
int hark_spawn(const struct hark_spawn_options *options, pid_t *pid, int *pidfd);

/// Sends a signal through a pidfd, so that a recycled process number can never be hit.
/// Returns 0 or an errno.
int hark_pidfd_signal(int pidfd, int signal);

/// How a child ended.
struct hark_exit {
  /// The signal that ended it, or 0.
  int signal;
  /// Its exit status if `signal` is 0.
  int status;
  /// Largest resident size in bytes.
  uint64_t peak_resident;
};

/// Reaps a child that has ended. Returns 0, or EAGAIN while it is still running, or an errno.
int hark_reap(pid_t pid, struct hark_exit *exit);

/// Cores that this process may run on, ≥ 1: affinity counts, as in a container.
int hark_core_count(void);

// --- The sandbox --------------------------------------------------------------------------------

/// System calls outside a list fail or end the process.
#define HARK_SECCOMP 1u
/// No path can be opened, whatever the system call.
#define HARK_LANDLOCK 2u

/// Gives up, for good, what a process that only reads descriptors and answers on `socket` does not need:
/// opening files, sockets, new processes and threads, writing to anything but `socket` and standard
/// error, new executable memory, new privileges, core dumps, being traced.
///
/// To be called on the only thread, once everything is loaded. Returns which of HARK_SECCOMP and
/// HARK_LANDLOCK are in force: older kernels lack them.
unsigned hark_sandbox(int socket);

// --- Descriptors --------------------------------------------------------------------------------

/// A pipe, both ends close-on-exec, the reading end non-blocking. Returns 0 or an errno.
int hark_pipe(int *read_end, int *write_end);

// --- Passing descriptors ------------------------------------------------------------------------

/// Sends one packet, with `descriptor` attached unless it is -1. Never raises SIGPIPE.
/// Returns 0 or an errno.
int hark_send(int socket, const void *bytes, size_t count, int descriptor);

/// Receives one packet. `*count` is 0 at the end of the stream. `*descriptor` is the attached
/// descriptor (close-on-exec), or -1. A packet larger than `capacity`, or with more than one
/// descriptor, gives EMSGSIZE and leaves no descriptor open.
/// Returns 0 or an errno.
int hark_receive(int socket, void *bytes, size_t capacity, size_t *count, int *descriptor);

// --- Who connects -------------------------------------------------------------------------------

/// Who is at the other end of a Unix stream socket, as the kernel saw it when it connected.
struct hark_peer {
  pid_t process;
  uid_t user;
  gid_t group;
};

/// The peer (SO_PEERCRED) and its supplementary groups (SO_PEERGROUPS). `*count` is the room in
/// `groups`, and then how many groups there are. Returns 0 or an errno; ERANGE where the room is too
/// small, with `*count` saying what is needed.
int hark_peer_of(int socket, struct hark_peer *peer, gid_t *groups, size_t *count);

// --- inotify ------------------------------------------------------------------------------------

/// One event, taken out of the kernel's variable-length record.
struct hark_inotify_event {
  int32_t watch;
  uint32_t mask;
  uint32_t cookie;
  /// Bytes of the name, without the NULs that pad it; 0 for an event about the watched thing.
  uint32_t name_length;
  /// Points into the buffer that was parsed.
  const char *name;
};

/// Parses the record at `*offset` and moves `*offset` behind it. Returns 1, or 0 at the end of the
/// buffer or where the rest of it is no whole record.
int hark_inotify_next(
  const void *buffer, size_t count, size_t *offset, struct hark_inotify_event *event);

// --- Identity of files and file systems ---------------------------------------------------------

/// What lstat and statx tell together.
struct hark_file_status {
  uint32_t mode;
  uint64_t device;
  uint64_t inode;
  int64_t size;
  int64_t modified_nanoseconds;
  int64_t changed_nanoseconds;
  uint64_t mount;
  uint32_t links;
  uint32_t owner;
};

/// Status of `name` relative to the directory descriptor `directory` (or AT_FDCWD); follows a final
/// symbolic link if asked to; with an empty name, of the descriptor itself.
/// Never triggers an automount. Returns 0 or an errno.
int hark_status(int directory, const char *name, int follow, struct hark_file_status *status);

/// The file system that an open descriptor lies on.
struct hark_file_system {
  /// statfs f_type, such as 0x6969 for NFS.
  uint64_t type;
  /// statfs f_fsid: derived from the UUID by ext4, XFS and btrfs; 0 where there is none.
  uint64_t identifier;
  uint64_t block_count;
};

/// Returns 0 or an errno.
int hark_file_system(int descriptor, struct hark_file_system *system);

// --- Files that shrink --------------------------------------------------------------------------

/// From now on, before a read through a map of what a file no longer has, or of what its disk does not
/// give, ends the process by SIGBUS, `message` goes to standard error. It must live as long as the
/// process.
void hark_explain_lost_pages(const char *message);

#ifdef __cplusplus
}
#endif
