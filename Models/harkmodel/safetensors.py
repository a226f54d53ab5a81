"""Reads and writes safetensors files (https://github.com/huggingface/safetensors)."""

import hashlib
import json
import struct

import numpy as np

TYPES = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I8": np.dtype("i1")}
NAMES = {dtype: name for name, dtype in TYPES.items()}


def write(path, tensors, metadata):
    """Writes `tensors` (name to array) with `metadata` (string to string).

    The same input gives the same bytes. Wider elements come first, so that all are aligned. Two
    metadata keys are added, which Hark checks: `hashes`, each tensor's SHA-256, and
    `metadata_hash`, that of the metadata.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    for name, array in arrays.items():
        if array.dtype not in NAMES:
            raise ValueError(f"the tensor {name} has the type {array.dtype}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError(f"the tensor {name} holds a value that is not a finite number")
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    hashes = {name: hashlib.sha256(arrays[name].tobytes()).hexdigest() for name in sorted(arrays)}
    metadata = {**metadata, "hashes": json.dumps(hashes)}
    metadata["metadata_hash"] = metadata_hash(metadata)
    header = {"__metadata__": dict(sorted(metadata.items()))}
    offset = 0
    for name in order:
        array = arrays[name]
        header[name] = {
            "dtype": NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(arrays[name].tobytes())


def metadata_hash(metadata):
    """SHA-256 of all metadata but `metadata_hash`: in the order of the keys' UTF-8 bytes, each key
    and its value, each followed by a zero byte."""
    digest = hashlib.sha256()
    # Code points and UTF-8 bytes have the same order.
    for key in sorted(metadata.keys() - {"metadata_hash"}):
        digest.update(f"{key}\0{metadata[key]}\0".encode())
    return digest.hexdigest()


def read(path):
    """Returns the tensors and the metadata of a file that is trusted."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = np.frombuffer(data[start:end], dtype=TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata
