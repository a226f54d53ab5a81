// What the files that build a program share.
#pragma once

#include <string.h>

#include "onednn.h"

enum { MAX_STEPS = 64, MAX_ARGUMENTS = 8, MAX_OWNED = 256, ALIGNMENT = 64 };

// One primitive and what it is run on.
typedef struct {
  dnnl_primitive_t primitive;
  int argument_count;
  dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
} step;

// What one step hands to the next.
typedef struct {
  md_t md;
  dnnl_memory_t memory;
  hark_number number;
  // HARK_INT8 only: value = scale · code.
  float scale;
  // Batch, channels, height, width; a dense layer's have height = width = 1.
  dnnl_dims_t dims;
} activation;

struct hark_program {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  int step_count, activation_count, owned_count, scratch_count;
  step steps[MAX_STEPS];
  activation activations[MAX_STEPS + 1];
  // Scratch memories share one buffer: steps never run together.
  dnnl_memory_t scratch[MAX_STEPS];
  dnnl_memory_t owned_memories[MAX_OWNED];
  void *owned_buffers[MAX_OWNED];
  int owned_buffer_count;
  size_t scratch_size, memory;
  bool finished;
};

#define TRY(call)                          \
  do {                                     \
    dnnl_status_t try_status = (call);     \
    if (try_status != dnnl_success) {      \
      status = try_status;                 \
      goto done;                           \
    }                                      \
  } while (0)

// --- Memory that the program owns (memory.c) ---

// A zeroed buffer for oneDNN, or NULL.
void *program_allocate(hark_program *p, size_t size);

// A memory object over `data`, or without data when that is NULL (it comes at the finish).
dnnl_status_t program_wrap(hark_program *p, dnnl_memory_t *memory, md_view md, void *data);

// Copies a row-major vector of floats into memory that a primitive can read.
dnnl_status_t program_own_vector(
    hark_program *p, dnnl_memory_t *memory, const float *values, int n);

// Brings a layer's row-major weights into the layout, and the numbers, that the primitive wants.
dnnl_status_t program_own_weights(
    hark_program *p, dnnl_memory_t *memory, md_view plain, md_view wanted, const void *weights);

// --- Steps (steps.c) ---

// oneDNN as Debian builds it computes with OpenMP, whose thread count belongs to the calling
// thread. With one thread OpenMP starts none.
void use_one_thread(void);

dnnl_data_type_t storage_of(hark_number number);

// What the next step reads.
activation *program_current(hark_program *p);

void step_set_argument(step *s, int argument, dnnl_memory_t memory);

// Attributes that all primitives share: scratch space is ours, so that it is allocated once.
dnnl_status_t make_shared_attributes(dnnl_primitive_attr_t *attr);

// Makes the primitive of `s`, whose destination becomes the current activation.
dnnl_status_t program_append(
    hark_program *p, step *s, const_dnnl_primitive_desc_t pd, hark_number number, float scale,
    const dnnl_dims_t dims, md_view destination);

// Rewrites the current activation in another layout or number format, if it is not in that already.
// `scale` is for HARK_INT8 alone.
dnnl_status_t program_convert(hark_program *p, md_view to, hark_number number, float scale);
