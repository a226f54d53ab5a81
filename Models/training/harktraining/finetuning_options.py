"""What `finetune` can be told on its command line."""

import argparse
import pathlib

from . import features


def positive(text):
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def parser(description):
    found = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("folder", type=pathlib.Path, help="searched with all folders below, links excepted")
    found.add_argument("--model", type=pathlib.Path, required=True, help="the model to go on from")
    found.add_argument("--output", type=pathlib.Path, required=True, help="the model file to write")
    found.add_argument("--name", help="the new model's name (hark-1+mine, from the model's and OUTPUT's)")
    length = found.add_argument_group("how long", "whichever ends first; without any, 30 minutes")
    length.add_argument("--minutes", type=positive, help="of training, without hearing and measuring")
    length.add_argument("--epochs", type=positive, help="of as many crops as the recordings have patches")
    length.add_argument("--steps", type=positive)
    audio = found.add_argument_group("what is heard")
    audio.add_argument("--hours-of-audio", type=positive, default=20, metavar="N",
                       help="at most, from all over the folder (20; an hour takes 46 MB of disk)")
    audio.add_argument("--longest", type=positive, default=features.LONGEST_SECONDS, metavar="SECONDS",
                       help="of each recording, from its beginning (%(default)s)")
    tuning = found.add_argument_group("how it is trained")
    tuning.add_argument("--rate", type=positive, default=1e-4, help="the highest learning rate (%(default)s)")
    tuning.add_argument("--hold", type=float, default=2.0,
                        help="how much staying near the given model counts (%(default)s)")
    tuning.add_argument("--batch", type=int, default=64, help="crops, two a recording (%(default)s)")
    tuning.add_argument("--memory", type=int, default=1024,
                        help="embeddings of earlier crops to tell from (%(default)s)")
    tuning.add_argument("--seed", type=int, default=1)
    tuning.add_argument("--calibration", type=int, default=512, metavar="N",
                        help="patches that 8-bit limits are measured on (%(default)s)")
    run = found.add_argument_group("the run")
    run.add_argument("--work", type=pathlib.Path,
                     help="a folder for frames and checkpoint, which is kept; by default OUTPUT.work, which "
                          "is deleted when OUTPUT is written")
    run.add_argument("--save-minutes", type=float, default=2, help="between checkpoints (%(default)s)")
    run.add_argument("--anyway", action="store_true", help="write the file even if it is no better")
    return found


def share_of(options, mine):
    """How much of the run is done after so many steps and seconds: 1 at its end."""
    an_epoch = mine.train_patches / min(options.batch, 2 * len(mine.train))
    if options.minutes is options.epochs is options.steps is None:
        options.minutes = 30
    limits = [options.steps, options.epochs and options.epochs * an_epoch]
    steps = min((limit for limit in limits if limit), default=None)
    return lambda done, seconds: min(1.0, max(
        done / steps if steps else 0, seconds / (60 * options.minutes) if options.minutes else 0))
