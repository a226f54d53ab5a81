"""Makes small checkpoints in TensorFlow's and PyTorch's formats, without either."""

import collections
import io
import pickle
import struct
import sys
import types
import zipfile

import numpy as np

from harkmodel.tensorflow_checkpoint import MAGIC, crc32c, masked

WIDTHS = [2, 3, 4, 4, 5, 6]
DENSE = [7, 8, 128]


def weights(seed):
    """(layer, weights, bias) of a narrow VGGish, [out, in, 3, 3] and [out, in]."""
    rng = np.random.default_rng(seed)
    names = ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "fc1_1", "fc1_2", "fc2"]
    inputs = 1
    for name, outputs in zip(names, WIDTHS + DENSE):
        if name == "fc1_1":
            inputs *= 24
        shape = (outputs, inputs, 3, 3) if name.startswith("conv") else (outputs, inputs)
        scale = np.sqrt(2 / np.prod(shape[1:]))
        yield (
            name,
            (rng.standard_normal(shape) * scale).astype(np.float32),
            rng.uniform(-0.05, 0.05, outputs).astype(np.float32),
        )
        inputs = outputs


def varint(value):
    data = b""
    while value > 127:
        data += bytes([value & 127 | 128])
        value >>= 7
    return data + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def shape(array):
    return b"".join(field(2, field(1, size)) for size in array.shape)


def table(entries, per_block=3):
    """A sorted string table with several blocks and shared key prefixes."""
    data, index = b"", []

    def block(items, sharing):
        nonlocal data
        body, last = b"", b""
        for key, value in items:
            shared = 0
            while sharing and shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
            body += varint(shared) + varint(len(key) - shared) + varint(len(value))
            body += key[shared:] + value
            last = key
        body += struct.pack("<II", 0, 1)
        handle = varint(len(data)) + varint(len(body))
        data += body + b"\0" + struct.pack("<I", masked(crc32c(body + b"\0")))
        return handle

    entries = sorted(entries)
    for start in range(0, len(entries), per_block):
        items = entries[start : start + per_block]
        index.append((items[-1][0], block(items, True)))
    footer = block([], False) + block(index, False)
    return data + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def tensorflow_variables(seed):
    from_layer = {"conv3": "conv3/", "conv4": "conv4/", "fc1": "fc1/"}
    for name, weight, bias in weights(seed):
        path = "vggish/" + from_layer.get(name.split("_")[0], "") * ("_" in name) + name
        order = (2, 3, 1, 0) if weight.ndim == 4 else (1, 0)
        yield f"{path}/weights", np.ascontiguousarray(weight.transpose(order))
        yield f"{path}/biases", bias


def tensorflow_v1(seed, path):
    meta, entries = b"", []
    for number, (name, array) in enumerate(tensorflow_variables(seed)):
        extents = b"".join(field(1, b"") for _ in array.shape)
        meta += field(1, field(1, name.encode()) + field(2, shape(array)) + field(3, 1)
                      + field(4, extents))
        proto = field(1, 1) + field(5, array.tobytes())
        saved = field(1, name.encode()) + field(2, extents) + field(3, proto)
        entries.append((b"\0" + name.encode() + bytes([number]), field(2, saved)))
    entries.append((b"", field(1, meta)))
    path.write_bytes(table(entries))


def tensorflow_v2(seed, prefix):
    data, entries = b"", [(b"", field(1, 1))]
    for name, array in tensorflow_variables(seed):
        entry = field(1, 1) + field(2, shape(array)) + field(4, len(data))
        entries.append((name.encode(), entry + field(5, array.nbytes)))
        data += array.tobytes()
    prefix.with_name(prefix.name + ".index").write_bytes(table(entries))
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(data)


class _Tensor:
    def __init__(self, key, array):
        self.key, self.array = str(key), array


def _torch_pickle(state):
    """Pickles as PyTorch does, with stand-ins under the names that its files use."""

    def rebuild():
        raise AssertionError

    class FloatStorage:
        pass

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
    fakes = {"torch": types.ModuleType("torch"), "torch._utils": types.ModuleType("torch._utils")}
    fakes["torch"].FloatStorage = FloatStorage
    fakes["torch"]._utils = fakes["torch._utils"]
    fakes["torch._utils"]._rebuild_tensor_v2 = rebuild

    class Storage:
        def __init__(self, tensor):
            self.tensor = tensor

    class Pickler(pickle.Pickler):
        legacy = False

        def reducer_override(self, value):
            if not isinstance(value, _Tensor):
                return NotImplemented
            strides = tuple(step // 4 for step in value.array.strides)
            return rebuild, (Storage(value), 0, value.array.shape, strides, False,
                             collections.OrderedDict())

        def persistent_id(self, value):
            if not isinstance(value, Storage):
                return None
            size = value.tensor.array.size
            pid = ("storage", FloatStorage, value.tensor.key, "cpu", size)
            return pid + ((None,) if self.legacy else ())

    def dump(legacy):
        file = io.BytesIO()
        pickler = Pickler(file, 2)
        pickler.legacy = legacy
        pickler.dump(state)
        return file.getvalue()

    saved = {name: sys.modules.get(name) for name in fakes}
    sys.modules.update(fakes)
    try:
        return dump(False), dump(True)
    finally:
        for name, module in saved.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def torch_files(seed, archive, stream, pca=None):
    """The two containers of a torchvggish state dictionary."""
    modules = dict(zip(
        ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2", "fc1_1", "fc1_2", "fc2"],
        [f"features.{n}" for n in (0, 3, 6, 8, 11, 13)] + [f"embeddings.{n}" for n in (0, 2, 4)],
    ))
    arrays = {}
    for name, weight, bias in weights(seed):
        arrays[f"{modules[name]}.weight"] = weight
        arrays[f"{modules[name]}.bias"] = bias
    if pca:
        arrays["pproc.pca_eigen_vectors"], arrays["pproc.pca_means"] = pca
    state = collections.OrderedDict(
        (name, _Tensor(key, array)) for key, (name, array) in enumerate(arrays.items())
    )
    modern, legacy = _torch_pickle(state)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("vggish/data.pkl", modern)
        file.writestr("vggish/byteorder", "little")
        for tensor in state.values():
            file.writestr(f"vggish/data/{tensor.key}", tensor.array.tobytes())
    info = {"protocol_version": 1001, "little_endian": True}
    with open(stream, "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, info):
            pickle.dump(value, file, 2)
        file.write(legacy)
        pickle.dump([tensor.key for tensor in state.values()], file, 2)
        for tensor in state.values():
            file.write(struct.pack("<q", tensor.array.size) + tensor.array.tobytes())
