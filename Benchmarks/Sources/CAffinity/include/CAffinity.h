#ifndef HARK_BENCH_AFFINITY_H
#define HARK_BENCH_AFFINITY_H

#include <stddef.h>

/* The cores that a thread may run on: a set of bits, as sched_setaffinity(2) takes it. */
typedef struct {
  unsigned char bits[128];
} bench_cores;

/* Writes the calling thread's cores. Returns 0, or -1 with errno set. */
int bench_get_cores(bench_cores *cores);

/* Binds the calling thread to `cores`. Returns 0, or -1 with errno set. */
int bench_set_cores(const bench_cores *cores);

/* The lowest core of a set alone. */
bench_cores bench_first_core(const bench_cores *cores);

/* A connection to the Unix socket at `path`, made by the calling thread as that user, for which it
   must be root's; otherwise as its own. Returns -1 if there is none. */
int bench_connect(const char *path, unsigned user);

#endif
