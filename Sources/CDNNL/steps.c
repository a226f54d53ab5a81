#define _GNU_SOURCE
#include <dlfcn.h>

#include "program.h"

// Found at run time because a oneDNN built on another threading runtime does not bring the symbol.
void use_one_thread(void) {
  void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(1);
}

dnnl_data_type_t storage_of(hark_number number) {
  switch (number) {
    case HARK_BF16: return dnnl_bf16;
    case HARK_INT8: return dnnl_u8;
    default: return dnnl_f32;
  }
}

activation *program_current(hark_program *p) { return &p->activations[p->activation_count - 1]; }

void step_set_argument(step *s, int argument, dnnl_memory_t memory) {
  s->arguments[s->argument_count++] = (dnnl_exec_arg_t){argument, memory};
}

dnnl_status_t make_shared_attributes(dnnl_primitive_attr_t *attr) {
  dnnl_status_t status = dnnl_primitive_attr_create(attr);
  return status ? status
                : dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
}

dnnl_status_t program_append(
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
  TRY(program_wrap(p, &next->memory, next->md, NULL));
  step_set_argument(s, DNNL_ARG_SRC, p->activations[p->activation_count - 2].memory);
  step_set_argument(s, DNNL_ARG_DST, next->memory);

  md_view scratch = pd_md(pd, dnnl_query_scratchpad_md);
  size_t size = scratch ? dnnl_memory_desc_get_size(scratch) : 0;
  if (size > 0) {
    dnnl_memory_t *memory = &p->scratch[p->scratch_count];
    TRY(program_wrap(p, memory, scratch, NULL));
    p->scratch_count++;
    step_set_argument(s, DNNL_ARG_SCRATCHPAD, *memory);
    if (size > p->scratch_size) p->scratch_size = size;
  }
done:
  return status;
}

dnnl_status_t program_convert(hark_program *p, md_view to, hark_number number, float scale) {
  activation *from = program_current(p);
  if (dnnl_memory_desc_equal(from->md, to) && from->scale == scale) return dnnl_success;
  dnnl_status_t status = dnnl_success;
  dnnl_primitive_attr_t attr = NULL;
  dnnl_primitive_desc_t pd = NULL;
  step s = {0};
  float source = from->number == HARK_INT8 ? from->scale : 1;
  float destination = number == HARK_INT8 ? scale : 1;
  float factor = source / destination;
  TRY(make_shared_attributes(&attr));
  if (factor != 1) {
#if HARK_ONEDNN_3
    dnnl_memory_t memory;
    TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_SRC, 0));
    TRY(program_own_vector(p, &memory, &factor, 1));
    step_set_argument(&s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, memory);
#else
    TRY(dnnl_primitive_attr_set_output_scales(attr, 1, 0, &factor));
#endif
  }
  TRY(dnnl_reorder_primitive_desc_create(&pd, from->md, p->engine, to, p->engine, attr));
  TRY(program_append(p, &s, pd, number, scale, from->dims, to));
done:
  if (pd) dnnl_primitive_desc_destroy(pd);
  if (attr) dnnl_primitive_attr_destroy(attr);
  return status;
}
