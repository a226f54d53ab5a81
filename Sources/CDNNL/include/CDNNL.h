// Hark's whole use of oneDNN, behind a small C interface of our own. No type of oneDNN's leaves this
// folder, because the C APIs of 2.x (Debian 12) and 3.x (Debian 13) differ; `onednn.h` bridges them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// ---- Programs ---------------------------------------------------------------------------------

// A fixed chain of network layers for one batch shape on one CPU thread. Each layer reads what the
// layer before it wrote. Everything is compiled and allocated until hark_program_finish returns;
// hark_program_run only computes. A program must be used by one thread at a time.
typedef struct hark_program hark_program;

// How numbers are stored between layers, and in which arithmetic a layer multiplies.
typedef enum {
  HARK_F32 = 0,
  HARK_BF16 = 1,
  // As arithmetic: unsigned 8-bit activations times signed 8-bit weights. As storage: unsigned.
  HARK_INT8 = 2,
} hark_number;

// One convolution (3 × 3, zero padding 1, stride 1) or fully connected layer.
typedef struct {
  int inputs, outputs;
  // Row-major [outputs][inputs][3][3] or [outputs][inputs]: float, or int8_t with `weight_scales`.
  const void *weights;
  // HARK_INT8 only: one for each output, weight = scale · code. NULL otherwise.
  const float *weight_scales;
  // One float for each output.
  const float *bias;
  hark_number arithmetic;
  bool relu;
  // With `relu`: outputs above this become this; 0 for no ceiling.
  float ceiling;
  // How the layer's outputs are stored.
  hark_number output;
  // HARK_INT8 outputs only: value = scale · code, codes 0–255. Ignored otherwise.
  float output_scale;
} hark_layer;

// Results of the functions below: 0, or a status that hark_status_text puts in words.
typedef int hark_status;

// A program whose input is float32 [batch][channels][height][width], row-major. NULL if oneDNN
// could not make an engine or memory is short.
hark_program *hark_program_create(int batch, int channels, int height, int width);
void hark_program_destroy(hark_program *program);

hark_status hark_program_add_convolution(hark_program *program, const hark_layer *layer);
// 2 × 2 maximum, stride 2; odd last rows and columns are dropped.
hark_status hark_program_add_max_pool(hark_program *program);
// Takes [batch][channels] or [batch][channels][1][1].
hark_status hark_program_add_dense(hark_program *program, const hark_layer *layer);
// Stores the running values as 8-bit codes, value = scale · code, rounded to nearest even and
// saturated to 0–255: for the first HARK_INT8 layer.
hark_status hark_program_add_quantise(hark_program *program, float scale);
// Ends the chain in float32 [batch][height][width][channels], row-major, and allocates everything.
hark_status hark_program_finish(hark_program *program);

// After hark_program_finish. Both stay valid until the program is destroyed.
float *hark_program_input(hark_program *program);
const float *hark_program_output(const hark_program *program);
// Bytes of weights, activations and scratch space together.
size_t hark_program_memory(const hark_program *program);

// Computes the output from the input on the calling thread; starts no thread.
hark_status hark_program_run(hark_program *program);

const char *hark_status_text(hark_status status);
// The loaded library's version, such as "2.6.3", into `text`.
void hark_onednn_version(char *text, size_t size);

// ---- Processor --------------------------------------------------------------------------------

// What this processor and its operating system offer for low-precision arithmetic.
typedef struct {
  bool avx2, avx512;
  // Dot products of 8-bit numbers: AVX-512 VNNI or AVX-VNNI.
  bool vnni;
  // Dot products of bfloat16 numbers: AVX-512 BF16.
  bool bf16;
} hark_cpu;

hark_cpu hark_cpu_detect(void);
