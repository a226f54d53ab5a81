"""Reads a state dictionary saved by PyTorch, without PyTorch.

A `.pth` file is a pickle, which may run any code when it is opened by Python's own means. Here only
what a state dictionary of tensors needs is understood; any other name in the file is refused.
Both containers are read: the zip archive (since 1.6) and the older stream of pickles.
"""

import collections
import io
import pickle
import struct
import zipfile

import numpy as np

STORAGES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
}
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


class CheckpointError(ValueError):
    """The checkpoint is damaged, or of a kind that is not read here."""


class _Storage:
    """Numbers that tensors are views of; a stream brings them after the tensors."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.values = None


class _View:
    """A tensor whose storage may come later."""

    def __init__(self, storage, offset, size, stride):
        self.storage, self.offset, self.size, self.stride = storage, offset, size, stride

    def array(self):
        values = self.storage.values
        reach = self.offset + sum((n - 1) * s for n, s in zip(self.size, self.stride)) + 1
        if values is None or self.offset < 0 or min(self.stride, default=0) < 0 or (
            min(self.size, default=1) > 0 and reach > len(values)
        ):
            raise CheckpointError("a tensor reaches outside its storage")
        strides = [step * values.itemsize for step in self.stride]
        view = np.lib.stride_tricks.as_strided(values[self.offset :], self.size, strides)
        return np.ascontiguousarray(view)


def _rebuild(storage, offset, size, stride, *_):
    return _View(storage, offset, tuple(size), tuple(stride))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, load_storage):
        super().__init__(file, encoding="utf-8")
        self.load_storage = load_storage

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        raise CheckpointError(f"the file names {module}.{name}, which no state dictionary needs")

    def persistent_load(self, pid):
        if pid[0] != "storage" or pid[1] not in STORAGES.values():
            raise CheckpointError("the file refers to something that is no storage")
        return self.load_storage(pid[1], str(pid[2]), pid[4])


def _zip(path):
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        root = name[: -len("data.pkl")]
        if f"{root}byteorder" in archive.namelist():
            if archive.read(f"{root}byteorder") != b"little":
                raise CheckpointError("the file is big-endian")
        storages = {}

        def load(dtype, key, count):
            if key not in storages:
                storages[key] = _Storage(dtype)
                data = archive.read(f"{root}data/{key}")
                if len(data) < count * storages[key].dtype.itemsize:
                    raise CheckpointError("a storage is cut short")
                storages[key].values = np.frombuffer(data, dtype, count)
            return storages[key]

        return _Unpickler(io.BytesIO(archive.read(name)), load).load()


def _stream(path):
    with open(path, "rb") as file:
        storages = {}

        def load(dtype, key, _):
            return storages.setdefault(key, _Storage(dtype))

        if _Unpickler(file, load).load() != LEGACY_MAGIC:
            raise CheckpointError(f"{path} is no PyTorch file")
        _Unpickler(file, load).load()  # protocol version
        if not _Unpickler(file, load).load().get("little_endian", True):
            raise CheckpointError("the file is big-endian")
        result = _Unpickler(file, load).load()
        for key in _Unpickler(file, load).load():
            storage = storages[str(key)]
            (count,) = struct.unpack("<q", file.read(8))
            data = file.read(count * storage.dtype.itemsize)
            storage.values = np.frombuffer(data, storage.dtype, count)
        return result


def read(path):
    """Names and arrays of a state dictionary."""
    try:
        state = _zip(path) if zipfile.is_zipfile(path) else _stream(path)
    except (pickle.UnpicklingError, EOFError, struct.error, KeyError, ValueError) as error:
        if isinstance(error, CheckpointError):
            raise
        raise CheckpointError(f"{path} is no PyTorch state dictionary: {error}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} holds no state dictionary")
    return {name: view.array() for name, view in state.items() if isinstance(view, _View)}
