"""Training of Hark's own model: from free audio to a model file. `Models/training/README.md` says how."""

import pathlib
import sys

# The training shares the front end and the file format with the other programs in Models/.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
