"""YAMNet as the teacher: its scores and its embedding for each patch.

The network is Google's (Apache-2.0), read from a file that the user gives; it is needed for training
alone. Howard et al. 2017 (MobileNets) and Gemmeke et al. 2017 (AudioSet) describe it.
"""

import numpy as np

WINDOW = 15_600
CLASSES, DIMENSION = 521, 1024
_EMBEDDING = "global_average_pooling2d/Mean"


class Teacher:
    def __init__(self, path, threads=2):
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(
            model_path=str(path), num_threads=threads, experimental_preserve_all_tensors=True
        )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._scores = self._interpreter.get_output_details()[0]["index"]
        matches = [d["index"] for d in self._interpreter.get_tensor_details() if d["name"].endswith(_EMBEDDING)]
        if len(matches) != 1:
            raise ValueError(f"{path}: {len(matches)} tensors named {_EMBEDDING}, expected one")
        self._embedding = matches[0]

    def hear(self, samples, patches, hop):
        """([patches, 521], [patches, 1024]) of padded 16 kHz samples, a patch every `hop` samples."""
        scores = np.empty((patches, CLASSES), np.float32)
        embeddings = np.empty((patches, DIMENSION), np.float32)
        for patch in range(patches):
            window = samples[patch * hop : patch * hop + WINDOW]
            self._interpreter.set_tensor(
                self._input, np.pad(window, (0, WINDOW - len(window))).astype(np.float32)
            )
            self._interpreter.invoke()
            scores[patch] = self._interpreter.get_tensor(self._scores).reshape(-1)
            embeddings[patch] = self._interpreter.get_tensor(self._embedding).reshape(-1)
        return scores, embeddings
