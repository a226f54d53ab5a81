"""The model file: tensors as they are stored, calibrated, with the metadata that Hark reads."""

import json

from harkmodel import frontend, network, safetensors


def shipped(tensors):
    """The tensors as they are stored: convolutions in 8 bits with scales, the rest in half precision."""
    stored = {}
    for name, values in tensors.items():
        layer, part = name.split(".")
        if part == "weight" and layer in network.CONVOLUTIONS:
            stored[name], stored[f"{name}_scale"] = network.quantise(values)
        elif part == "weight":
            stored[name] = values.astype("float16")
        else:
            stored[name] = values.astype("float32")
    return stored


def write(path, stored, *, name, labels, licence, training, pooling="loudness"):
    """Writes `stored`, activation limits included; `training` is the record of how it came about."""
    safetensors.write(path, stored, {
        "format": "hark-model-1", "name": name, "architecture": "vggish-hark",
        "front_end": frontend.METADATA, "pooling": pooling, "labels": json.dumps(labels),
        "licence": licence, "trained": "true", "training": json.dumps(training),
    })
