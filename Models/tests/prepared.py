"""A few seconds of noise and tones, listed and prepared as `collect` and `prepare` do."""

import numpy as np
from harktraining import recordings, store


def make(data):
    """Twelve recordings below `data`, their list and their store. Nothing is fetched."""
    import soundfile

    rng, listed = np.random.default_rng(1), []
    for number in range(12):
        seconds = [0.2, 1.3, 3.0, 31.0][number % 4]
        t = np.arange(int(22_050 * seconds)) / 22_050
        sound = 0.3 * np.sin(2 * np.pi * 110 * (1 + number) * t) + 0.02 * rng.standard_normal(len(t))
        soundfile.write(data / f"{number}.wav", sound, 22_050)
        kind = ["one-shot", "effect", "speech", "music"][number % 4]
        listed.append(recordings.Recording(
            f"{number}.wav", "made", kind, "kick" if kind == "one-shot" else "",
            "validation" if number > 8 else "train"))
    recordings.write(data / "recordings.csv", listed)
    prepare(data)


def prepare(data):
    """What `prepare` does, with numbers in place of a teacher's."""
    from harktraining import features, teacher

    rng = np.random.default_rng(2)
    writer = store.StoreWriter(data / "store", features.LONGEST_SECONDS)
    for recording in recordings.read(data / "recordings.csv"):
        frames, patches = features.log_mel(features.samples_of(data / recording.path))
        for name, width in (("scores", teacher.CLASSES), ("embeddings", teacher.DIMENSION)):
            with open(writer.folder / f"{name}.f16", "ab") as file:
                file.write(rng.random((patches, width)).astype(np.float16).tobytes())
        writer.append(recording.path, frames, patches)
