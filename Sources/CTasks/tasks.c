// The hook is a part of the runtime's ABI: include/swift/Runtime/Concurrency.h of github.com/swiftlang/swift
// declares swift_task_enqueueGlobal_hook and swift_job_run.
#include "CTasks.h"

#include <stddef.h>

#define SWIFT_CONVENTION __attribute__((swiftcall))

typedef SWIFT_CONVENTION void (*original_enqueue)(void *job);
extern SWIFT_CONVENTION void (*swift_task_enqueueGlobal_hook)(void *job, original_enqueue original);

/// A reference to a serial executor. The generic one, on which anything may run, is all zeros.
struct executor_reference {
  void *identity;
  size_t implementation;
};
extern SWIFT_CONVENTION void swift_job_run(void *job, struct executor_reference executor);

static void (*route)(void *job);

static SWIFT_CONVENTION void enqueue(void *job, original_enqueue original) {
  (void)original;
  route(job);
}

void hark_route_tasks(void (*enqueue_job)(void *job)) {
  route = enqueue_job;
  swift_task_enqueueGlobal_hook = enqueue;
}

void hark_run_task(void *job) {
  const struct executor_reference generic = {NULL, 0};
  swift_job_run(job, generic);
}
