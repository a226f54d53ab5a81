// The difference between the C APIs of oneDNN 2.x and 3.x, and nothing else:
// - 2.x passes memory descriptors by value in a public struct, 3.x as opaque handles;
// - 2.x makes a primitive descriptor from an operation descriptor, 3.x in one call;
// - 2.x takes output scales when a primitive is made (dst = scale · (acc + bias)), 3.x as memory at
//   execution, one each for source, weights and destination.
#pragma once

#include <dnnl.h>
#include <stdlib.h>

#include "CDNNL.h"

#if DNNL_VERSION_MAJOR < 2 || (DNNL_VERSION_MAJOR == 2 && DNNL_VERSION_MINOR < 4)
#error "Hark needs oneDNN 2.4 or newer"
#endif
#define HARK_ONEDNN_3 (DNNL_VERSION_MAJOR >= 3)

// A memory descriptor that we own.
#if HARK_ONEDNN_3
typedef dnnl_memory_desc_t md_t;
typedef const_dnnl_memory_desc_t md_view;
#else
typedef dnnl_memory_desc_t *md_t;
typedef const dnnl_memory_desc_t *md_view;
#endif

static inline void md_destroy(md_t md) {
#if HARK_ONEDNN_3
  if (md) dnnl_memory_desc_destroy(md);
#else
  free(md);
#endif
}

static inline dnnl_status_t md_create(
    md_t *md, int rank, const dnnl_dims_t dims, dnnl_data_type_t type, dnnl_format_tag_t tag) {
#if HARK_ONEDNN_3
  return dnnl_memory_desc_create_with_tag(md, rank, dims, type, tag);
#else
  *md = malloc(sizeof **md);
  if (!*md) return dnnl_out_of_memory;
  return dnnl_memory_desc_init_by_tag(*md, rank, dims, type, tag);
#endif
}

static inline dnnl_status_t md_copy(md_t *md, md_view from) {
#if HARK_ONEDNN_3
  return dnnl_memory_desc_clone(md, from);
#else
  *md = malloc(sizeof **md);
  if (!*md) return dnnl_out_of_memory;
  **md = *from;
  return dnnl_success;
#endif
}

static inline md_view pd_md(const_dnnl_primitive_desc_t pd, dnnl_query_t what) {
  return dnnl_primitive_desc_query_md(pd, what, 0);
}

// max(0, x), or with a ceiling min(max(0, x), ceiling).
static inline dnnl_status_t append_relu(dnnl_post_ops_t ops, float ceiling) {
  dnnl_alg_kind_t kind = ceiling > 0 ? dnnl_eltwise_clip : dnnl_eltwise_relu;
#if HARK_ONEDNN_3
  return dnnl_post_ops_append_eltwise(ops, kind, 0, ceiling);
#else
  return dnnl_post_ops_append_eltwise(ops, 1, kind, 0, ceiling);
#endif
}

// In which unit post-operations of an 8-bit layer see its outputs.
static inline float post_operation_unit(float output_scale) {
#if HARK_ONEDNN_3
  (void)output_scale;
  return 1;
#else
  return output_scale;
#endif
}

static inline dnnl_status_t convolution_pd(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, md_view source, md_view weights, md_view bias,
    md_view destination, const_dnnl_primitive_attr_t attr) {
  const dnnl_dims_t strides = {1, 1}, dilates = {0, 0}, padding = {1, 1};
#if HARK_ONEDNN_3
  return dnnl_convolution_forward_primitive_desc_create(
      pd, engine, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias,
      destination, strides, dilates, padding, padding, attr);
#else
  dnnl_convolution_desc_t op;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &op, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias, destination,
      strides, dilates, padding, padding);
  return status ? status : dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

static inline dnnl_status_t max_pool_pd(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, md_view source, md_view destination,
    const_dnnl_primitive_attr_t attr) {
  const dnnl_dims_t two = {2, 2}, zero = {0, 0};
#if HARK_ONEDNN_3
  return dnnl_pooling_forward_primitive_desc_create(
      pd, engine, dnnl_forward_inference, dnnl_pooling_max, source, destination, two, two, zero,
      zero, zero, attr);
#else
  dnnl_pooling_desc_t op;
  dnnl_status_t status = dnnl_pooling_forward_desc_init(
      &op, dnnl_forward_inference, dnnl_pooling_max, source, destination, two, two, zero, zero);
  return status ? status : dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

static inline dnnl_status_t dense_pd(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, md_view source, md_view weights, md_view bias,
    md_view destination, const_dnnl_primitive_attr_t attr) {
#if HARK_ONEDNN_3
  return dnnl_inner_product_forward_primitive_desc_create(
      pd, engine, dnnl_forward_inference, source, weights, bias, destination, attr);
#else
  dnnl_inner_product_desc_t op;
  dnnl_status_t status = dnnl_inner_product_forward_desc_init(
      &op, dnnl_forward_inference, source, weights, bias, destination);
  return status ? status : dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}
