// Where the tasks of Swift's concurrency run: the runtime's hook for it, which Swift cannot name.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// Has every job that is bound to no executor of its own handed to `enqueue`, from any thread, instead of
/// to libdispatch. Each job must be passed to hark_run_task once. To be called once, before tasks are made.
///
/// Jobs that wait for a time (Task.sleep) do not come this way: the runtime gives them to libdispatch.
void hark_route_tasks(void (*enqueue)(void *job));

/// Runs a job on the calling thread until it ends or waits.
void hark_run_task(void *job);

#ifdef __cplusplus
}
#endif
