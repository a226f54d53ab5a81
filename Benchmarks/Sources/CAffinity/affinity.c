/* The C library declares these for GNU programs only, which Swift's import of it is not. */
#define _GNU_SOURCE
#include "CAffinity.h"

#include <sched.h>
#include <string.h>

_Static_assert(sizeof(cpu_set_t) == sizeof(bench_cores), "a set of cores is 1,024 bits");

int bench_get_cores(bench_cores *cores) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  memcpy(cores, &set, sizeof set);
  return 0;
}

int bench_set_cores(const bench_cores *cores) {
  cpu_set_t set;
  memcpy(&set, cores, sizeof set);
  return sched_setaffinity(0, sizeof set, &set);
}

bench_cores bench_first_core(const bench_cores *cores) {
  cpu_set_t all, one;
  memcpy(&all, cores, sizeof all);
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE; core++) {
    if (CPU_ISSET(core, &all)) {
      CPU_SET(core, &one);
      break;
    }
  }
  bench_cores first;
  memcpy(&first, &one, sizeof one);
  return first;
}
