"""Other people's music as notes: the MIDI files of Debian packages, and those inside of Doom's archives."""

import pathlib
import struct
import sys

MIDI = b"MThd"
# A score shorter than this is a jingle or an exercise's bar.
LEAST_BYTES = 1_500
# What the players of a game are to press, and no music, in spite of its ending.
CHARTS = {"notes"}


def lumps(archive):
    """(name, bytes) of the MIDI files in a WAD archive: a header of 12 bytes, and at the place that it names a
    directory of (place, size, name of 8 bytes).

    Raises ValueError for what is no such archive, or one that is cut off.
    """
    data = pathlib.Path(archive).read_bytes()
    if len(data) < 12 or data[:4] not in (b"IWAD", b"PWAD"):
        raise ValueError(f"{archive} is no WAD archive")
    count, directory = struct.unpack_from("<II", data, 4)
    if directory + 16 * count > len(data):
        raise ValueError(f"{archive} is cut off")
    found = []
    for number in range(count):
        place, size, name = struct.unpack_from("<II8s", data, directory + 16 * number)
        content = data[place : place + size]
        if content.startswith(MIDI) and len(content) == size:
            found.append((name.rstrip(b"\0").decode("ascii", errors="replace"), content))
    return found


def scores_below(folder):
    """{name: bytes} of the scores of an unpacked package, each content once, in the order of their names."""
    folder = pathlib.Path(folder)
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        if path.suffix.lower() in (".mid", ".midi") and path.stem not in CHARTS:
            found.append((path.stem, path.read_bytes()))
        elif path.suffix.lower() == ".wad":
            try:
                found += [(f"{path.stem}-{name}", content) for name, content in lumps(path)]
            except ValueError as error:
                print(f"left out {error}", file=sys.stderr)
    kept, seen = {}, set()
    for name, content in found:
        if len(content) >= LEAST_BYTES and content not in seen:
            seen.add(content)
            kept.setdefault(name, content)
    return kept
