// libFuzzer as a library (compiler-rt/lib/fuzzer), which has no header of its own.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs inputs until the options in the arguments say that it is enough; ends the process where one of
/// them breaks something. Returns the status with which to exit.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
                        int (*_Nonnull take)(const uint8_t *_Nullable data, size_t size));
