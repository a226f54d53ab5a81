#include <stdio.h>

#include "program.h"

hark_status hark_program_add_max_pool(hark_program *p) {
  dnnl_status_t status = dnnl_success;
  activation *from = program_current(p);
  md_t destination = NULL;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t pd = NULL;
  step s = {0};
  dnnl_dims_t out;
  use_one_thread();
  if (p->finished) return dnnl_invalid_arguments;
  memcpy(out, from->dims, sizeof out);
  out[2] /= 2;
  out[3] /= 2;
  TRY(md_create(&destination, 4, out, storage_of(from->number), dnnl_format_tag_any));
  TRY(make_shared_attributes(&attr));
  TRY(max_pool_pd(&pd, p->engine, from->md, destination, attr));
  TRY(program_append(p, &s, pd, from->number, from->scale, out, pd_md(pd, dnnl_query_dst_md)));
done:
  md_destroy(destination);
  if (attr) dnnl_primitive_attr_destroy(attr);
  if (pd) dnnl_primitive_desc_destroy(pd);
  return status;
}

hark_status hark_program_add_quantise(hark_program *p, float scale) {
  dnnl_status_t status = dnnl_success;
  md_t md = NULL;
  activation *from = program_current(p);
  use_one_thread();
  if (p->finished || !(scale > 0)) return dnnl_invalid_arguments;
  bool map = from->dims[2] * from->dims[3] > 1;
  // 8-bit convolutions of oneDNN read channels last.
  TRY(md_create(&md, map ? 4 : 2, from->dims, dnnl_u8, map ? dnnl_nhwc : dnnl_nc));
  TRY(program_convert(p, md, HARK_INT8, scale));
done:
  md_destroy(md);
  return status;
}

hark_program *hark_program_create(int batch, int channels, int height, int width) {
  dnnl_status_t status = dnnl_success;
  hark_program *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  use_one_thread();
  bool map = height * width > 1;
  activation *input = &p->activations[0];
  dnnl_dims_t dims = {batch, channels, height, width};
  memcpy(input->dims, dims, sizeof dims);
  TRY(dnnl_engine_create(&p->engine, dnnl_cpu, 0));
  TRY(dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags));
  TRY(md_create(&input->md, map ? 4 : 2, dims, dnnl_f32, map ? dnnl_nchw : dnnl_nc));
  p->activation_count = 1;
  TRY(program_wrap(p, &input->memory, input->md, NULL));
done:
  if (status == dnnl_success) return p;
  hark_program_destroy(p);
  return NULL;
}

hark_status hark_program_finish(hark_program *p) {
  dnnl_status_t status = dnnl_success;
  md_t md = NULL;
  use_one_thread();
  if (p->finished) return dnnl_invalid_arguments;
  bool map = program_current(p)->dims[2] * program_current(p)->dims[3] > 1;
  TRY(md_create(&md, map ? 4 : 2, program_current(p)->dims, dnnl_f32, map ? dnnl_nhwc : dnnl_nc));
  TRY(program_convert(p, md, HARK_F32, 0));

  // A step reads one activation and writes the next: two buffers in turn hold them all, but for
  // the first and the last, which outlive the run.
  size_t sizes[2] = {0, 0};
  void *turns[2];
  int last = p->activation_count - 1;
  for (int i = 1; i < last; i++) {
    size_t size = dnnl_memory_desc_get_size(p->activations[i].md);
    if (size > sizes[i % 2]) sizes[i % 2] = size;
  }
  for (int i = 0; i < 2; i++)
    if (!(turns[i] = program_allocate(p, sizes[i]))) TRY(dnnl_out_of_memory);
  for (int i = 0; i <= last; i++) {
    activation *a = &p->activations[i];
    void *buffer = turns[i % 2];
    if (i == 0 || i == last) buffer = program_allocate(p, dnnl_memory_desc_get_size(a->md));
    if (!buffer) TRY(dnnl_out_of_memory);
    TRY(dnnl_memory_set_data_handle(a->memory, buffer));
  }
  if (p->scratch_size > 0) {
    void *buffer = program_allocate(p, p->scratch_size);
    if (!buffer) TRY(dnnl_out_of_memory);
    for (int i = 0; i < p->scratch_count; i++)
      TRY(dnnl_memory_set_data_handle(p->scratch[i], buffer));
  }
  p->finished = true;
done:
  md_destroy(md);
  return status;
}

static void *data_of(const activation *a) {
  void *data = NULL;
  return dnnl_memory_get_data_handle(a->memory, &data) == dnnl_success ? data : NULL;
}

float *hark_program_input(hark_program *p) { return data_of(&p->activations[0]); }

const float *hark_program_output(const hark_program *p) {
  return data_of(&p->activations[p->activation_count - 1]);
}

size_t hark_program_memory(const hark_program *p) { return p->memory; }

hark_status hark_program_run(hark_program *p) {
  if (!p->finished) return dnnl_invalid_arguments;
  use_one_thread();
  for (int i = 0; i < p->step_count; i++) {
    step *s = &p->steps[i];
    dnnl_status_t status =
        dnnl_primitive_execute(s->primitive, p->stream, s->argument_count, s->arguments);
    if (status != dnnl_success) return status;
  }
  return dnnl_stream_wait(p->stream);
}

void hark_program_destroy(hark_program *p) {
  if (!p) return;
  for (int i = 0; i < p->step_count; i++) dnnl_primitive_destroy(p->steps[i].primitive);
  for (int i = 0; i < p->owned_count; i++) dnnl_memory_destroy(p->owned_memories[i]);
  for (int i = 0; i < p->activation_count; i++) md_destroy(p->activations[i].md);
  for (int i = 0; i < p->owned_buffer_count; i++) free(p->owned_buffers[i]);
  if (p->stream) dnnl_stream_destroy(p->stream);
  if (p->engine) dnnl_engine_destroy(p->engine);
  free(p);
}

const char *hark_status_text(hark_status status) {
  switch (status) {
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "not implemented for this processor";
    case dnnl_runtime_error: return "run-time error";
    default: return "oneDNN error";
  }
}

void hark_onednn_version(char *text, size_t size) {
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, size, "%d.%d.%d", version->major, version->minor, version->patch);
}
