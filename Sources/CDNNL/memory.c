#include "program.h"

void *program_allocate(hark_program *p, size_t size) {
  if (p->owned_buffer_count == MAX_OWNED) return NULL;
  size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  void *buffer = aligned_alloc(ALIGNMENT, rounded ? rounded : ALIGNMENT);
  if (!buffer) return NULL;
  // Written now, so that no page is first touched while a file is analysed.
  memset(buffer, 0, rounded);
  p->owned_buffers[p->owned_buffer_count++] = buffer;
  p->memory += rounded;
  return buffer;
}

dnnl_status_t program_wrap(hark_program *p, dnnl_memory_t *memory, md_view md, void *data) {
  if (p->owned_count == MAX_OWNED) return dnnl_out_of_memory;
  dnnl_status_t status =
      dnnl_memory_create(memory, md, p->engine, data ? data : DNNL_MEMORY_NONE);
  if (status == dnnl_success) p->owned_memories[p->owned_count++] = *memory;
  return status;
}

dnnl_status_t program_own_vector(hark_program *p, dnnl_memory_t *memory, const float *values, int n) {
  md_t md = NULL;
  dnnl_status_t status = dnnl_success;
  dnnl_dims_t dims = {n};
  float *buffer = program_allocate(p, sizeof(float) * n);
  if (!buffer) return dnnl_out_of_memory;
  memcpy(buffer, values, sizeof(float) * n);
  TRY(md_create(&md, 1, dims, dnnl_f32, dnnl_a));
  TRY(program_wrap(p, memory, md, buffer));
done:
  md_destroy(md);
  return status;
}

dnnl_status_t program_own_weights(
    hark_program *p, dnnl_memory_t *memory, md_view plain, md_view wanted, const void *weights) {
  dnnl_status_t status = dnnl_success;
  dnnl_memory_t from = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_t reorder = NULL;
  void *buffer = program_allocate(p, dnnl_memory_desc_get_size(wanted));
  if (!buffer) return dnnl_out_of_memory;
  TRY(program_wrap(p, memory, wanted, buffer));
  TRY(dnnl_memory_create(&from, plain, p->engine, (void *)weights));
  TRY(dnnl_reorder_primitive_desc_create(&pd, plain, p->engine, wanted, p->engine, NULL));
  TRY(dnnl_primitive_create(&reorder, pd));
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, *memory}};
  TRY(dnnl_primitive_execute(reorder, p->stream, 2, arguments));
  TRY(dnnl_stream_wait(p->stream));
done:
  if (reorder) dnnl_primitive_destroy(reorder);
  if (pd) dnnl_primitive_desc_destroy(pd);
  if (from) dnnl_memory_destroy(from);
  return status;
}
