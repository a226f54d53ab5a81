#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// --- Landlock -----------------------------------------------------------------------------------
// By the kernel's userspace-api/landlock.rst. Debian 12's headers know its first versions only.

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_restrict_self 446
#endif

struct ruleset {
  uint64_t file_system;
  uint64_t network;
  uint64_t scopes;
};

/// No path can be opened, changed or run, no TCP port used, no process outside signalled.
static int enter_landlock(void) {
  long version = syscall(__NR_landlock_create_ruleset, NULL, 0, 1u);
  if (version < 1) return 0;
  struct ruleset set = {0};
  int rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
  set.file_system = (1ull << rights) - 1;
  if (version >= 4) set.network = 3;
  if (version >= 6) set.scopes = 3;
  size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  long ruleset = syscall(__NR_landlock_create_ruleset, &set, size, 0u);
  if (ruleset < 0) return 0;
  long result = syscall(__NR_landlock_restrict_self, (int)ruleset, 0u);
  close((int)ruleset);
  return result == 0;
}

// --- seccomp ------------------------------------------------------------------------------------

#ifdef ARCHITECTURE

#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define IS(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), yes, no)
#define HAS(bits, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), yes, no)

#define ALLOW SECCOMP_RET_ALLOW
#define KILL SECCOMP_RET_KILL_PROCESS
#define REFUSE (SECCOMP_RET_ERRNO | EPERM)

#define FOR(call, action) IS(__NR_##call, 0, 1), RETURN(action)
// The low half of an argument is what counts: descriptors, flags and process numbers are ints.
#define FOR_FIRST(call, value) \
  IS(__NR_##call, 0, 4), LOAD(args[0]), IS(value, 0, 1), RETURN(ALLOW), RETURN(KILL)
#define FOR_EITHER(call, one, other) \
  IS(__NR_##call, 0, 5), LOAD(args[0]), IS(one, 1, 0), IS(other, 0, 1), RETURN(ALLOW), \
    RETURN(KILL)
#define UNLESS_THIRD(call, bits) \
  IS(__NR_##call, 0, 4), LOAD(args[2]), HAS(bits, 0, 1), RETURN(KILL), RETURN(ALLOW)

// libsndfile looks for a resource fork beside whatever has no mark that it knows, MP3 files without a tag
// among them, with flags of 0, and lives without one. Opening is refused as well then, and ends nobody.
#define UNLESS_PLAIN(call) \
  IS(__NR_##call, 0, 4), LOAD(args[2]), IS(0, 0, 1), RETURN(REFUSE), RETURN(KILL)

/// What a worker does while it analyses is allowed; what only an intruder would do ends it, so that it
/// shows; anything else fails with EPERM, which libraries that ask the system something can live with.
static int enter_seccomp(int socket) {
  uint32_t self = (uint32_t)getpid();
  struct sock_filter filter[] = {
    LOAD(arch), IS(ARCHITECTURE, 1, 0), RETURN(KILL), LOAD(nr),
#ifdef __x86_64__
    // The x32 calls have numbers of their own.
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1), RETURN(KILL),
#endif
    FOR(pread64, ALLOW), FOR(read, ALLOW), FOR(lseek, ALLOW), FOR(fstat, ALLOW),
    FOR(close, ALLOW), FOR_FIRST(recvmsg, socket), FOR_FIRST(sendmsg, socket),
    FOR_FIRST(sendto, socket), FOR_EITHER(write, 2, socket), FOR_EITHER(writev, 2, socket),
#ifdef __NR_newfstatat
    FOR(newfstatat, ALLOW),
#endif
    UNLESS_THIRD(mmap, PROT_EXEC), UNLESS_THIRD(mprotect, PROT_EXEC), FOR(munmap, ALLOW),
    FOR(mremap, ALLOW), FOR(madvise, ALLOW), FOR(brk, ALLOW), FOR(futex, ALLOW),
    FOR(clock_gettime, ALLOW), FOR(clock_nanosleep, ALLOW), FOR(nanosleep, ALLOW),
    FOR(gettimeofday, ALLOW), FOR(getrandom, ALLOW), FOR(sched_yield, ALLOW),
    FOR(getpid, ALLOW), FOR(gettid, ALLOW), FOR(sysinfo, ALLOW), FOR(getrusage, ALLOW),
    FOR(sched_getaffinity, ALLOW), FOR(rt_sigaction, ALLOW), FOR(rt_sigprocmask, ALLOW),
    FOR(rt_sigreturn, ALLOW), FOR(restart_syscall, ALLOW), FOR(ppoll, ALLOW),
#ifdef __NR_pause
    FOR(pause, ALLOW), FOR(poll, ALLOW),
#endif
    FOR(exit, ALLOW), FOR(exit_group, ALLOW), FOR_FIRST(tgkill, self),

    UNLESS_PLAIN(openat), FOR(openat2, KILL), FOR(open_by_handle_at, KILL), FOR(execve, KILL),
    FOR(execveat, KILL), FOR(clone, KILL), FOR(clone3, KILL), FOR(socket, KILL),
    FOR(socketpair, KILL), FOR(connect, KILL), FOR(bind, KILL), FOR(listen, KILL),
    FOR(accept, KILL), FOR(accept4, KILL), FOR(ptrace, KILL), FOR(process_vm_readv, KILL),
    FOR(process_vm_writev, KILL), FOR(pwrite64, KILL), FOR(pwritev, KILL), FOR(ftruncate, KILL),
    FOR(truncate, KILL), FOR(fallocate, KILL), FOR(unlinkat, KILL), FOR(renameat2, KILL),
    FOR(linkat, KILL), FOR(symlinkat, KILL), FOR(mkdirat, KILL), FOR(mknodat, KILL),
    FOR(fchmod, KILL), FOR(fchmodat, KILL), FOR(fchown, KILL), FOR(fchownat, KILL),
    FOR(kill, KILL), FOR(tkill, KILL), FOR(pidfd_open, KILL), FOR(pidfd_getfd, KILL),
    FOR(mount, KILL), FOR(umount2, KILL), FOR(chroot, KILL), FOR(pivot_root, KILL),
    FOR(setns, KILL), FOR(unshare, KILL), FOR(bpf, KILL), FOR(io_uring_setup, KILL),
    FOR(io_uring_enter, KILL), FOR(memfd_create, KILL), FOR(userfaultfd, KILL),
    FOR(perf_event_open, KILL), FOR(init_module, KILL), FOR(finit_module, KILL),
    FOR(kexec_load, KILL), FOR(keyctl, KILL), FOR(add_key, KILL), FOR(request_key, KILL),
    FOR(pkey_mprotect, KILL), FOR(shmat, KILL), FOR(setuid, KILL), FOR(setgid, KILL),
    FOR(setresuid, KILL), FOR(setresgid, KILL), FOR(capset, KILL),
#ifdef __NR_open
    FOR(open, KILL), FOR(creat, KILL), FOR(fork, KILL), FOR(vfork, KILL), FOR(unlink, KILL),
    FOR(rename, KILL), FOR(link, KILL), FOR(symlink, KILL), FOR(mkdir, KILL), FOR(rmdir, KILL),
    FOR(mknod, KILL), FOR(chmod, KILL), FOR(chown, KILL), FOR(renameat, KILL),
#endif
    RETURN(REFUSE),
  };
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

#else

static int enter_seccomp(int socket) {
  (void)socket;
  return 0;
}

#endif

static void limit(int resource, rlim_t value) {
  struct rlimit both = {value, value};
  setrlimit((__rlimit_resource_t)resource, &both);
}

unsigned hark_sandbox(int socket) {
  unsigned in_force = 0;
  limit(RLIMIT_CORE, 0);
  // Descriptors 0–3 and the one file that is analysed, with a little room.
  limit(RLIMIT_NOFILE, 16);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NPROC, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return in_force;
  if (enter_landlock()) in_force |= HARK_LANDLOCK;
  if (enter_seccomp(socket)) in_force |= HARK_SECCOMP;
  return in_force;
}
