#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
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

// oneDNN as Debian builds it computes with OpenMP, whose thread count belongs to the calling
// thread. With one thread OpenMP starts none. Found at run time because a oneDNN built on another
// threading runtime does not bring the symbol.
static void use_one_thread(void) {
  void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(1);
}

static dnnl_data_type_t storage(hark_number number) {
  switch (number) {
    case HARK_BF16: return dnnl_bf16;
    case HARK_INT8: return dnnl_u8;
    default: return dnnl_f32;
  }
}

// ---- Memory that the program owns ------------------------------------------------------------

static void *allocate(hark_program *p, size_t size) {
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

// A memory object over `data`, or without data when that is NULL (it comes at the finish).
static dnnl_status_t wrap(hark_program *p, dnnl_memory_t *memory, md_view md, void *data) {
  if (p->owned_count == MAX_OWNED) return dnnl_out_of_memory;
  dnnl_status_t status =
      dnnl_memory_create(memory, md, p->engine, data ? data : DNNL_MEMORY_NONE);
  if (status == dnnl_success) p->owned_memories[p->owned_count++] = *memory;
  return status;
}

// Copies a row-major vector of floats into memory that a primitive can read.
static dnnl_status_t own_vector(hark_program *p, dnnl_memory_t *memory, const float *values, int n) {
  md_t md = NULL;
  dnnl_status_t status = dnnl_success;
  dnnl_dims_t dims = {n};
  float *buffer = allocate(p, sizeof(float) * n);
  if (!buffer) return dnnl_out_of_memory;
  memcpy(buffer, values, sizeof(float) * n);
  TRY(md_create(&md, 1, dims, dnnl_f32, dnnl_a));
  TRY(wrap(p, memory, md, buffer));
done:
  md_destroy(md);
  return status;
}

// ---- Steps ------------------------------------------------------------------------------------

static activation *current(hark_program *p) { return &p->activations[p->activation_count - 1]; }

static void set_argument(step *s, int argument, dnnl_memory_t memory) {
  s->arguments[s->argument_count++] = (dnnl_exec_arg_t){argument, memory};
}

// Attributes that all primitives share: scratch space is ours, so that it is allocated once.
static dnnl_status_t make_attributes(dnnl_primitive_attr_t *attr) {
  dnnl_status_t status = dnnl_primitive_attr_create(attr);
  return status ? status
                : dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
}

// Makes the primitive of `s`, whose destination becomes the current activation.
static dnnl_status_t append(
    hark_program *p, step *s, const_dnnl_primitive_desc_t pd, hark_number number, float scale,
    const dnnl_dims_t dims, md_view destination) {
  dnnl_status_t status = dnnl_success;
  if (p->step_count == MAX_STEPS) return dnnl_out_of_memory;
  activation *next = &p->activations[p->activation_count];
  memset(next, 0, sizeof *next);
  TRY(dnnl_primitive_create(&s->primitive, pd));
  p->steps[p->step_count++] = *s;
  s = &p->steps[p->step_count - 1];

  next->number = number;
  next->scale = scale;
  memcpy(next->dims, dims, sizeof next->dims);
  TRY(md_copy(&next->md, destination));
  p->activation_count++;
  TRY(wrap(p, &next->memory, next->md, NULL));
  set_argument(s, DNNL_ARG_SRC, p->activations[p->activation_count - 2].memory);
  set_argument(s, DNNL_ARG_DST, next->memory);

  md_view scratch = pd_md(pd, dnnl_query_scratchpad_md);
  size_t size = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  if (size > 0) {
    dnnl_memory_t *memory = &p->scratch[p->scratch_count];
    TRY(wrap(p, memory, scratch, NULL));
    p->scratch_count++;
    set_argument(s, DNNL_ARG_SCRATCHPAD, *memory);
    if (size > p->scratch_size) p->scratch_size = size;
  }
done:
  return status;
}

// Rewrites the current activation in another layout or number format, if it is not in that already.
// `scale` is for HARK_INT8 alone.
static dnnl_status_t convert(hark_program *p, md_view to, hark_number number, float scale) {
  activation *from = current(p);
  if (dnnl_memory_desc_equal(from->md, to) && from->scale == scale) return dnnl_success;
  dnnl_status_t status = dnnl_success;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t pd = NULL;
  step s = {0};
  float source = from->number == HARK_INT8 ? from->scale : 1;
  float destination = number == HARK_INT8 ? scale : 1;
  float factor = source / destination;
  TRY(make_attributes(&attr));
  if (factor != 1) {
#if HARK_ONEDNN_3
    dnnl_memory_t memory;
    TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_SRC, 0));
    TRY(own_vector(p, &memory, &factor, 1));
    set_argument(&s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, memory);
#else
    TRY(dnnl_primitive_attr_set_output_scales(attr, 1, 0, &factor));
#endif
  }
  TRY(dnnl_reorder_primitive_desc_create(&pd, from->md, p->engine, to, p->engine, attr));
  TRY(append(p, &s, pd, number, scale, from->dims, to));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}

// Brings a layer's row-major weights into the layout, and the numbers, that the primitive wants.
static dnnl_status_t own_weights(
    hark_program *p, dnnl_memory_t *memory, md_view plain, md_view wanted, const void *weights) {
  dnnl_status_t status = dnnl_success;
  dnnl_memory_t from = NULL;
  dnnl_primitive_desc_t pd = NULL;
  dnnl_primitive_t reorder = NULL;
  void *buffer = allocate(p, dnnl_memory_desc_get_size(wanted));
  if (!buffer) return dnnl_out_of_memory;
  TRY(wrap(p, memory, wanted, buffer));
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

// Scales of an 8-bit layer. In 2.x they turn the accumulators into destination units at once, so
// the bias goes in accumulator units; in 3.x bias stays real and the three scales are arguments.
static dnnl_status_t set_scales(
    hark_program *p, step *s, dnnl_primitive_attr_t attr, const hark_layer *layer, float *bias) {
  dnnl_status_t status = dnnl_success;
  float source = current(p)->scale;
  float destination = layer->output == HARK_INT8 ? layer->output_scale : 1;
#if HARK_ONEDNN_3
  dnnl_memory_t memory;
  (void)bias;
  TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_SRC, 0));
  TRY(own_vector(p, &memory, &source, 1));
  set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, memory);
  TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, 1));
  TRY(own_vector(p, &memory, layer->weight_scales, layer->outputs));
  set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memory);
  if (destination != 1) {
    TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_DST, 0));
    TRY(own_vector(p, &memory, &destination, 1));
    set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, memory);
  }
#else
  (void)p, (void)s;
  float *scales = malloc(sizeof(float) * layer->outputs);
  if (!scales) return dnnl_out_of_memory;
  for (int i = 0; i < layer->outputs; i++) {
    bias[i] = layer->bias[i] / (source * layer->weight_scales[i]);
    scales[i] = source * layer->weight_scales[i] / destination;
  }
  TRY(dnnl_primitive_attr_set_output_scales(attr, layer->outputs, 1 << 1, scales));
#endif
done:
#if !HARK_ONEDNN_3
  free(scales);
#endif
  return status;
}

static dnnl_status_t add_layer(hark_program *p, const hark_layer *layer, bool convolution) {
  dnnl_status_t status = dnnl_success;
  bool int8 = layer->arithmetic == HARK_INT8;
  if (p->finished || current(p)->dims[1] != layer->inputs) return dnnl_invalid_arguments;
  if (int8 && (current(p)->number != HARK_INT8 || !layer->weight_scales))
    return dnnl_invalid_arguments;
  int rank = convolution ? 4 : 2;
  dnnl_dims_t in, out, weight_dims = {layer->outputs, layer->inputs, 3, 3};
  memcpy(in, current(p)->dims, sizeof in);
  memcpy(out, in, sizeof out);
  out[1] = layer->outputs;
  if (!convolution && (in[2] != 1 || in[3] != 1)) return dnnl_invalid_arguments;
  dnnl_dims_t bias_dims = {layer->outputs};
  dnnl_data_type_t number = int8 ? dnnl_s8 : storage(layer->arithmetic);

  md_t source = NULL, weights = NULL, plain = NULL, bias = NULL, destination = NULL;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;
  dnnl_primitive_desc_t pd = NULL;
  float *bias_values = malloc(sizeof(float) * layer->outputs);
  step s = {0};
  if (!bias_values) return dnnl_out_of_memory;
  memcpy(bias_values, layer->bias, sizeof(float) * layer->outputs);

  // A single channel has one layout only, and naming it keeps oneDNN from padding it to a block.
  dnnl_format_tag_t tag = convolution && in[1] == 1 ? dnnl_nchw : dnnl_format_tag_any;
  TRY(md_create(&source, rank, in, storage(layer->arithmetic), tag));
  TRY(md_create(&weights, rank, weight_dims, number, dnnl_format_tag_any));
  TRY(md_create(&plain, rank, weight_dims, int8 ? dnnl_s8 : dnnl_f32,
                convolution ? dnnl_oihw : dnnl_ab));
  TRY(md_create(&bias, 1, bias_dims, dnnl_f32, dnnl_a));
  TRY(md_create(&destination, rank, out, storage(layer->output), dnnl_format_tag_any));
  TRY(make_attributes(&attr));
  if (layer->relu) {
    TRY(dnnl_post_ops_create(&ops));
    float unit = int8 && layer->output == HARK_INT8 ? post_operation_unit(layer->output_scale) : 1;
    TRY(append_relu(ops, layer->ceiling / unit));
    TRY(dnnl_primitive_attr_set_post_ops(attr, ops));
  }
  if (int8) TRY(set_scales(p, &s, attr, layer, bias_values));
  if (convolution)
    TRY(convolution_pd(&pd, p->engine, source, weights, bias, destination, attr));
  else
    TRY(dense_pd(&pd, p->engine, source, weights, bias, destination, attr));

  dnnl_memory_t memory;
  TRY(own_weights(p, &memory, plain, pd_md(pd, dnnl_query_weights_md), layer->weights));
  set_argument(&s, DNNL_ARG_WEIGHTS, memory);
  TRY(own_vector(p, &memory, bias_values, layer->outputs));
  set_argument(&s, DNNL_ARG_BIAS, memory);
  TRY(convert(p, pd_md(pd, dnnl_query_src_md), layer->arithmetic,
              int8 ? current(p)->scale : 0));
  TRY(append(p, &s, pd, layer->output, layer->output == HARK_INT8 ? layer->output_scale : 0, out,
             pd_md(pd, dnnl_query_dst_md)));
done:
  free(bias_values);
  md_destroy(source), md_destroy(weights), md_destroy(plain), md_destroy(bias);
  md_destroy(destination);
  if (ops) dnnl_post_ops_destroy(ops);
  if (attr) dnnl_primitive_attr_destroy(attr);
  if (pd) dnnl_primitive_desc_destroy(pd);
  return status;
}

hark_status hark_program_add_convolution(hark_program *p, const hark_layer *layer) {
  use_one_thread();
  return add_layer(p, layer, true);
}

hark_status hark_program_add_dense(hark_program *p, const hark_layer *layer) {
  use_one_thread();
  return add_layer(p, layer, false);
}

hark_status hark_program_add_max_pool(hark_program *p) {
  dnnl_status_t status = dnnl_success;
  activation *from = current(p);
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
  TRY(md_create(&destination, 4, out, storage(from->number), dnnl_format_tag_any));
  TRY(make_attributes(&attr));
  TRY(max_pool_pd(&pd, p->engine, from->md, destination, attr));
  TRY(append(p, &s, pd, from->number, from->scale, out, pd_md(pd, dnnl_query_dst_md)));
done:
  md_destroy(destination);
  if (attr) dnnl_primitive_attr_destroy(attr);
  if (pd) dnnl_primitive_desc_destroy(pd);
  return status;
}

hark_status hark_program_add_quantise(hark_program *p, float scale) {
  dnnl_status_t status = dnnl_success;
  md_t md = NULL;
  activation *from = current(p);
  use_one_thread();
  if (p->finished || !(scale > 0)) return dnnl_invalid_arguments;
  bool map = from->dims[2] * from->dims[3] > 1;
  // 8-bit convolutions of oneDNN read channels last.
  TRY(md_create(&md, map ? 4 : 2, from->dims, dnnl_u8, map ? dnnl_nhwc : dnnl_nc));
  TRY(convert(p, md, HARK_INT8, scale));
done:
  md_destroy(md);
  return status;
}

// ---- Life -------------------------------------------------------------------------------------

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
  TRY(wrap(p, &input->memory, input->md, NULL));
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
  bool map = current(p)->dims[2] * current(p)->dims[3] > 1;
  TRY(md_create(&md, map ? 4 : 2, current(p)->dims, dnnl_f32, map ? dnnl_nhwc : dnnl_nc));
  TRY(convert(p, md, HARK_F32, 0));

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
    if (!(turns[i] = allocate(p, sizes[i]))) TRY(dnnl_out_of_memory);
  for (int i = 0; i <= last; i++) {
    activation *a = &p->activations[i];
    void *buffer = turns[i % 2];
    if (i == 0 || i == last) buffer = allocate(p, dnnl_memory_desc_get_size(a->md));
    if (!buffer) TRY(dnnl_out_of_memory);
    TRY(dnnl_memory_set_data_handle(a->memory, buffer));
  }
  if (p->scratch_size > 0) {
    void *buffer = allocate(p, p->scratch_size);
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
