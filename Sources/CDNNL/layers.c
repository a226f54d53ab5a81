#include "program.h"

// Scales of an 8-bit layer. In 2.x they turn the accumulators into destination units at once, so
// the bias goes in accumulator units; in 3.x bias stays real and the three scales are arguments.
static dnnl_status_t set_scales(
    hark_program *p, step *s, dnnl_primitive_attr_t attr, const hark_layer *layer, float *bias) {
  dnnl_status_t status = dnnl_success;
  float source = program_current(p)->scale;
  float destination = layer->output == HARK_INT8 ? layer->output_scale : 1;
#if HARK_ONEDNN_3
  dnnl_memory_t memory;
  (void)bias;
  TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_SRC, 0));
  TRY(program_own_vector(p, &memory, &source, 1));
  step_set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_SRC, memory);
  TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, 1));
  TRY(program_own_vector(p, &memory, layer->weight_scales, layer->outputs));
  step_set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memory);
  if (destination != 1) {
    TRY(dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_DST, 0));
    TRY(program_own_vector(p, &memory, &destination, 1));
    step_set_argument(s, DNNL_ARG_ATTR_SCALES | DNNL_ARG_DST, memory);
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
  if (p->finished || program_current(p)->dims[1] != layer->inputs) return dnnl_invalid_arguments;
  if (int8 && (program_current(p)->number != HARK_INT8 || !layer->weight_scales))
    return dnnl_invalid_arguments;
  int rank = convolution ? 4 : 2;
  dnnl_dims_t in, out, weight_dims = {layer->outputs, layer->inputs, 3, 3};
  memcpy(in, program_current(p)->dims, sizeof in);
  memcpy(out, in, sizeof out);
  out[1] = layer->outputs;
  if (!convolution && (in[2] != 1 || in[3] != 1)) return dnnl_invalid_arguments;
  dnnl_dims_t bias_dims = {layer->outputs};
  dnnl_data_type_t number = int8 ? dnnl_s8 : storage_of(layer->arithmetic);

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
  TRY(md_create(&source, rank, in, storage_of(layer->arithmetic), tag));
  TRY(md_create(&weights, rank, weight_dims, number, dnnl_format_tag_any));
  TRY(md_create(&plain, rank, weight_dims, int8 ? dnnl_s8 : dnnl_f32,
                convolution ? dnnl_oihw : dnnl_ab));
  TRY(md_create(&bias, 1, bias_dims, dnnl_f32, dnnl_a));
  TRY(md_create(&destination, rank, out, storage_of(layer->output), dnnl_format_tag_any));
  TRY(make_shared_attributes(&attr));
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
  TRY(program_own_weights(p, &memory, plain, pd_md(pd, dnnl_query_weights_md), layer->weights));
  step_set_argument(&s, DNNL_ARG_WEIGHTS, memory);
  TRY(program_own_vector(p, &memory, bias_values, layer->outputs));
  step_set_argument(&s, DNNL_ARG_BIAS, memory);
  TRY(program_convert(p, pd_md(pd, dnnl_query_src_md), layer->arithmetic,
              int8 ? program_current(p)->scale : 0));
  TRY(program_append(p, &s, pd, layer->output, layer->output == HARK_INT8 ? layer->output_scale : 0, out,
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
