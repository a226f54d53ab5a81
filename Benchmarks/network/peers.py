"""Runs the network with Hark, ONNX Runtime and OpenVINO, in interleaved rounds, and prints one table.

    python3 -m venv VENV && VENV/bin/pip install numpy onnx onnxruntime openvino
    swift build -c release --package-path Benchmarks --product network
    taskset -c 0 VENV/bin/python Benchmarks/network/peers.py MODEL Benchmarks/.build/release/network

The model's own weights, written as ONNX: the convolutions, the pooling and the linear layer. At int8 they are
quantised by ONNX Runtime's own tool, a scale for each output, with patches of their own, and OpenVINO reads the
same file. A batch is what suits each best, of 1, 4 and 16. Each round, everybody embeds the same patches,
on one thread; a figure is the median over rounds of patches a second of processor time. Last stands how near to
Hark's f32 embeddings each comes: the mean and the least cosine.
"""

import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Models"))
from harkpeers import Program, timed  # before NumPy: it says how many threads there are

import numpy as np
import onnx
import onnxruntime
import onnxruntime.quantization as quantization
import openvino
from harkmodel import frontend, network, safetensors, sounds

BATCHES = (1, 4, 16)


def graph(tensors, path):
    """Log-mel patches [batch, 1, 96, 64] to embeddings [batch, 128], as Hark's own head makes them."""
    nodes, weights = [], []

    def constant(name, values):
        weights.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(kind, *inputs, **attributes):
        nodes.append(onnx.helper.make_node(kind, inputs, [f"{kind}{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    maps = "patches"
    for name in network.CONVOLUTIONS:
        weight = constant(f"{name}.weight", network.weight(tensors, name))
        bias = constant(f"{name}.bias", tensors[f"{name}.bias"].astype(np.float32))
        maps = add("Relu", add("Conv", maps, weight, bias, pads=[1] * 4, kernel_shape=[3, 3]))
        if name in network.POOLED:
            maps = add("MaxPool", maps, kernel_shape=[2, 2], strides=[2, 2])
    maps = add("Transpose", maps, perm=[0, 2, 3, 1])
    pooled = [add(kind, maps, axes=[1], keepdims=0) for kind in ("ReduceMean", "ReduceMax")]
    values = add("Concat", *(add("Flatten", values) for values in pooled), axis=1)
    weight = constant("embedding.weight", network.weight(tensors, "embedding"))
    bias = constant("embedding.bias", tensors["embedding.bias"].astype(np.float32))
    values = add("Gemm", values, weight, bias, transB=1)
    nodes.append(onnx.helper.make_node("LpNormalization", [values], ["embeddings"], axis=1))

    def value(name, *shape):
        return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)

    made = onnx.helper.make_graph(
        nodes, "hark", [value("patches", "n", 1, 96, 64)], [value("embeddings", "n", 128)], weights
    )
    onnx.save(
        onnx.helper.make_model(
            made, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 13)]
        ),
        path,
    )


class Calibration(quantization.CalibrationDataReader):
    def __init__(self, patches):
        self.rest = iter(patches[k : k + 16] for k in range(0, len(patches), 16))

    def get_next(self):
        batch = next(self.rest, None)
        return None if batch is None else {"patches": batch}


def quantise(source, target, patches):
    quantization.quantize_static(
        source,
        target,
        Calibration(patches),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Relu", "MaxPool"],
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )


def onnx_runtime(path, batch):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda patches: session.run(None, {"patches": patches})[0]


def open_vino(path, batch):
    core = openvino.Core()
    model = core.read_model(path)
    model.reshape([batch, 1, 96, 64])
    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    settings["INFERENCE_PRECISION_HINT"] = "f32"  # else it takes bf16 where there is any
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda patches: request.infer({0: patches})[0].copy()


PEERS = {"ONNX Runtime": onnx_runtime, "OpenVINO": open_vino}


def in_batches(run, patches, batch):
    return np.concatenate([run(patches[k : k + batch]) for k in range(0, len(patches), batch)])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model", type=pathlib.Path)
    arguments.add_argument("network")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--patches", type=int, default=64)
    arguments.add_argument("--precisions", nargs="+", default=["f32", "int8"])
    options = arguments.parse_args()
    tensors, _ = safetensors.read(options.model)
    patches = sounds.calibration_patches(3, options.patches).astype(np.float32)[:, None]
    others = sounds.calibration_patches(4, 128).astype(np.float32)[:, None]
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = dict(f32=str(folder / "f32.onnx"), int8=str(folder / "int8.onnx"))
        graph(tensors, files["f32"])
        quantise(files["f32"], files["int8"], others)
        patches.tofile(folder / "patches")
        exact = None
        for precision in options.precisions:
            made = folder / "embeddings"
            hark = Program(options.network, options.model, folder / "patches", precision, made)
            hark.read()
            hark.ask("run")
            embeddings = {"Hark": np.fromfile(made, np.float32).reshape(-1, 128)}
            if exact is None:
                exact = embeddings["Hark"]
            runs = {}
            for peer, open_model in PEERS.items():
                trials = []
                for batch in BATCHES:
                    run = open_model(files[precision], batch)
                    embeddings[peer] = in_batches(run, patches, batch)
                    again = [timed(in_batches, run, patches, batch)[1] for _ in range(2)]
                    trials.append((min(again), batch, run))
                runs[peer] = min(trials, key=lambda trial: trial[0])[1:]
            times = {name: [] for name in embeddings}
            for _ in range(options.rounds):
                times["Hark"].append(hark.timed("run"))
                for peer, (batch, run) in runs.items():
                    times[peer].append(timed(in_batches, run, patches, batch))
            hark.close()
            fastest = min(np.median([busy for _, busy in times[peer]]) for peer in runs)
            for peer, values in times.items():
                low, middle, high = np.quantile([busy for _, busy in values], (0.1, 0.5, 0.9))
                ratio = f"{fastest / middle:.2f}" if peer == "Hark" else ""
                batch = runs[peer][0] if peer in runs else 4
                rates = [f"{len(patches) / t * 1e3:.0f}" for t in (middle, high, low)]
                cosines = (embeddings[peer] * exact).sum(axis=1)
                lines.append(
                    f"| {precision} | {peer} | {batch} | {rates[0]} | {rates[1]} – {rates[2]} "
                    f"| {ratio} | {cosines.mean():.4f} / {cosines.min():.4f} |"
                )
    print("| precision | program | batch | patches a second | 10 – 90 % of rounds "
          "| Hark / the faster peer | cosine to f32 |\n" + "| --- " * 7 + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
