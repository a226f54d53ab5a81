"""Reads TensorFlow checkpoints without TensorFlow.

V1: one file, a table whose values are SavedTensorSlices messages
(tensorflow/core/util/saved_tensor_slice.proto). V2: NAME.index, a table of BundleEntryProto messages
(tensorflow/core/protobuf/tensor_bundle.proto), and NAME.data-…, the tensors' bytes.

The table is LevelDB's sorted string table (leveldb/doc/table_format.md): blocks of entries with
shared key prefixes, an index block, and a 48-byte footer. Blocks up to 1 MiB have their CRC32C checked.
"""

import pathlib
import struct

import numpy as np

MAGIC = 0xDB4775248B80FB57
DT_FLOAT = 1


class CheckpointError(ValueError):
    """The checkpoint is damaged, or of a kind that is not read here."""


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def crc32c(data, crc=0):
    """CRC-32C (Castagnoli), byte by byte."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    """As LevelDB stores it, so that a CRC over data that holds CRCs stays sound."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def _varint(data, position):
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise CheckpointError("a number runs past its block")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def _fields(data):
    """Yields the field numbers and values of a protocol buffer message."""
    position = 0
    data = memoryview(data)
    while position < len(data):
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
        else:
            if wire == 2:
                size, position = _varint(data, position)
            elif wire in (1, 5):
                size = 8 if wire == 1 else 4
            else:
                raise CheckpointError(f"a message has the wire type {wire}")
            value = data[position : position + size]
            position += size
            if len(value) != size:
                raise CheckpointError("a message is cut short")
        yield number, value


def _message(data):
    """A message's fields, number to list of values."""
    message = {}
    for number, value in _fields(data):
        message.setdefault(number, []).append(value)
    return message


def _signed(value):
    return value - (1 << 64) if value >> 63 else value


def _shape(data):
    """TensorShapeProto."""
    return [_signed(_message(dim).get(1, [0])[0]) for dim in _message(data).get(2, [])]


def _block(data, offset, size, largest_checked=1 << 20):
    end = offset + size
    if end + 5 > len(data):
        raise CheckpointError("a block lies outside the file")
    if data[end] != 0:
        raise CheckpointError("a block is compressed; TensorFlow writes checkpoints without that")
    # Bytes are summed one by one in Python: large blocks, which hold weights, would take minutes.
    if size <= largest_checked:
        (stored,) = struct.unpack_from("<I", data, end + 1)
        if masked(crc32c(data[offset : end + 1])) != stored:
            raise CheckpointError("a block's checksum is wrong")
    return data[offset:end]


def _entries(block):
    """Keys and values of a block, in order."""
    if len(block) < 4:
        raise CheckpointError("a block is too short")
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    end = len(block) - 4 - 4 * restarts
    if end < 0:
        raise CheckpointError("a block claims too many restarts")
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        unshared, position = _varint(block, position)
        length, position = _varint(block, position)
        if shared > len(key) or position + unshared + length > end:
            raise CheckpointError("an entry runs past its block")
        key = key[:shared] + bytes(block[position : position + unshared])
        position += unshared
        yield key, block[position : position + length]
        position += length


def read_table(path):
    """Yields the keys and values of a table file."""
    data = memoryview(pathlib.Path(path).read_bytes())
    if len(data) < 48 or struct.unpack_from("<Q", data, len(data) - 8)[0] != MAGIC:
        raise CheckpointError(f"{path} is no TensorFlow checkpoint: its last bytes are not a table's")
    footer = data[len(data) - 48 : len(data) - 8]
    position = 0
    for _ in range(2):  # the meta-index's handle, then the index's
        offset, position = _varint(footer, position)
        size, position = _varint(footer, position)
        if offset + size > len(data):
            raise CheckpointError("a block lies outside the file")
    for _, handle in _entries(_block(data, offset, size)):
        start, position = _varint(handle, 0)
        length, _ = _varint(handle, position)
        yield from _entries(_block(data, start, length))


def _v1(path):
    shapes, tensors = {}, {}
    for key, value in read_table(path):
        slices = _message(value)
        if not key:
            for tensor in _message(slices[1][0]).get(1, []):
                meta = _message(tensor)
                name = bytes(meta[1][0]).decode()
                if meta.get(3, [0])[0] == DT_FLOAT:
                    shapes[name] = _shape(meta[2][0])
                    if len(meta.get(4, [])) != 1:
                        raise CheckpointError(f"the variable {name} is stored in several slices")
            continue
        saved = _message(slices[2][0])
        name = bytes(saved[1][0]).decode()
        if name not in shapes:
            continue
        proto = _message(saved[3][0])
        raw = b"".join(bytes(part) for part in proto.get(4, []) + proto.get(5, []))
        tensors[name] = _floats(name, raw, shapes[name])
    missing = shapes.keys() - tensors.keys()
    if missing:
        raise CheckpointError(f"the variable {sorted(missing)[0]} has no values")
    return tensors


def _floats(name, raw, shape):
    if len(raw) != 4 * int(np.prod(shape)):
        raise CheckpointError(f"the variable {name} has {len(raw)} bytes, not what {shape} needs")
    return np.frombuffer(raw, "<f4").reshape(shape)


def _v2(index):
    shards, entries = 1, {}
    for key, value in read_table(index):
        message = _message(value)
        if key:
            entries[key.decode()] = message
        else:
            shards = message.get(1, [1])[0]
            if message.get(2, [0])[0] != 0:
                raise CheckpointError("the checkpoint is big-endian")
    stem = str(index).removesuffix(".index")
    tensors = {}
    for name, entry in entries.items():
        if entry.get(1, [0])[0] != DT_FLOAT:
            continue
        if 7 in entry:
            raise CheckpointError(f"the variable {name} is stored in several slices")
        shard = entry.get(3, [0])[0]
        offset, size = entry.get(4, [0])[0], entry.get(5, [0])[0]
        with open(f"{stem}.data-{shard:05d}-of-{shards:05d}", "rb") as file:
            file.seek(offset)
            tensors[name] = _floats(name, file.read(size), _shape(entry.get(2, [b""])[0]))
    return tensors


def read(path):
    """Names and values of a checkpoint's float variables.

    `path` is a V1 file, a V2 `.index` file or a V2 prefix, as TensorFlow takes it.
    """
    path = pathlib.Path(path)
    index = path if path.suffix == ".index" else path.with_name(path.name + ".index")
    if index.exists():
        return _v2(index)
    return _v1(path)
