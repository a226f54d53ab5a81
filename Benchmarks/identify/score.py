"""Scores the answers that `identify` gave, and prints a table.

    score.py FOLDER ANSWERS

A right answer names the recording, the place within 0.15 s and the speed within 0.5 %; a place where
the recording sounds the same as where the excerpt was taken is as right (`repeats.py`). "Repeat"
counts answers with the right recording at a place that sounds alike but is not the same; "wrong"
everything else. Music under two names, known and unknown, is found by the same comparison and left
out. Of a mix, each of its two recordings is looked for among all that was named, and counts as an
excerpt; what was named and is neither is a repeat or wrong as well, unless it sounds like one of them.
"""

import collections
import json
import pathlib
import sys

import numpy as np
import soundfile

import degrade
import generate
import repeats

SAME = 0.8
PLACE = 0.15
SPEED = 0.005
SOUNDING = 14  # seconds of each recording in a mix


class Scorer:
    def __init__(self, folder):
        self.queries = json.loads((folder / "queries.json").read_text())
        self.library = json.loads((folder / "library.json").read_text())
        self.samples = np.memmap(folder / "library.s16", dtype="<i2", mode="r")

    def stretch(self, recording, start, seconds):
        entry = self.library[recording]
        first = max(0, int(start * repeats.RATE))
        last = min(entry["count"], int((start + seconds) * repeats.RATE))
        place = entry["first"]
        return self.samples[place + first : place + max(first, last)] / 32768

    def source(self, query, seconds):
        if query["recording"] >= 0:
            return self.stretch(query["recording"], query["start"], seconds)
        with soundfile.SoundFile(query["path"]) as file:
            file.seek(int(query["start"] * file.samplerate))
            read = file.read(int(seconds * file.samplerate), always_2d=True).mean(axis=1)
        return degrade.resampled(read, file.samplerate, repeats.RATE)

    def sounds_the_same(self, query, match):
        seconds = query["count"] / repeats.RATE * query["speed"]
        heard = self.source(query, seconds)[int(max(0, -match["offset"]) * repeats.RATE) :]
        named = self.stretch(match["recording"], match["offset"], seconds)
        if min(len(heard), len(named)) < repeats.RATE // 2:
            return False
        return repeats.likeness(heard, named) > SAME

    def verdict(self, query, match):
        if not match:
            return "none"
        near = abs(match["offset"] - query["start"]) < PLACE
        if match["recording"] == query["recording"] and near:
            return "right" if abs(match["speed"] / query["speed"] - 1) < SPEED else "speed"
        if self.sounds_the_same(query, match):
            return "same"
        return "repeat" if match["recording"] == query["recording"] else "wrong"

    def verdicts(self, answer):
        """(verdict, query, match, what it took): one for an excerpt, of a mix one for each recording
        in it, and one for each further match."""
        query, matches = self.queries[answer["query"]], answer["matches"]
        if "second_start" not in query:
            match = matches[0] if matches else None
            return [(self.verdict(query, match), query, match, answer["searching"])]
        parts = [dict(query, count=SOUNDING * repeats.RATE)]
        parts.append(dict(parts[0], start=query["second_start"] + generate.ENTRY))
        if query["recording"] >= 0:
            parts[1]["recording"] = query["second"]
        else:
            parts[1]["path"] = query["second_path"]
        verdicts, rest = [], list(matches)
        for part, entry in zip(parts, (0, generate.ENTRY)):
            found = None
            for match in rest:
                moved = dict(match, offset=match["offset"] + entry * match["speed"])
                verdict = self.verdict(part, moved)
                if verdict in ("right", "same", "speed"):
                    found = (verdict, part, moved, answer["searching"])
                    rest.remove(match)
                    break
            if found or query["recording"] >= 0:
                verdicts.append(found or ("none", part, None, answer["searching"]))
        known = [part["recording"] for part in parts]
        for match in rest:
            verdict = "repeat" if match["recording"] in known else "wrong"
            for part, entry in zip(parts, (0, generate.ENTRY)):
                moved = dict(match, offset=match["offset"] + entry * match["speed"])
                if self.sounds_the_same(part, moved):
                    verdict = "copy"
            extra = dict(query, isExtra=True) if verdicts else query
            verdicts.append((verdict, extra, match, answer["searching"]))
        return verdicts or [("none", query, None, answer["searching"])]


def share(part, whole):
    return f"{part / whole:.3f}".lstrip("0") if part < whole else "1"


def row(name, scored):
    counts = collections.Counter(verdict for verdict, *_ in scored)
    excerpts = sum("isExtra" not in query for _, query, *_ in scored)
    good = [(q, m) for verdict, q, m, _ in scored if verdict == "right"]
    offsets = [abs(m["offset"] - q["start"]) * 1000 for q, m in good]
    speeds = [abs(m["speed"] / q["speed"] - 1) * 100 for q, m in good]
    times = [time for *_, time in scored]
    cells = [
        name,
        excerpts,
        share(counts["right"] + counts["same"], excerpts),
        counts["repeat"],
        counts["speed"],
        counts["wrong"],
        f"{np.median(offsets):.1f}" if offsets else "–",
        f"{np.median(speeds):.3f}" if speeds else "–",
        f"{np.median(times):.0f}",
        f"{np.max(times):.0f}",
    ]
    print("| " + " | ".join(map(str, cells)) + " |")


def main():
    folder = pathlib.Path(sys.argv[1])
    scorer = Scorer(folder)
    known, unknown = collections.defaultdict(list), []
    for line in open(sys.argv[2]):
        answer = json.loads(line)
        for scored in scorer.verdicts(answer):
            if scored[1]["recording"] >= 0:
                known[scored[1]["condition"]].append(scored)
            elif scored[0] != "same":
                unknown.append(scored)
    print("| condition | queries | right | repeat | speed off | wrong | offset error, ms "
          "| speed error, % | search, ms: median | longest |")
    print("|" + " --- |" * 10)
    for name, scored in known.items():
        row(name, scored)
    if unknown:
        row("unknown music", unknown)
    for name, scored in [*known.items(), ("unknown", unknown)]:
        for verdict, query, match, _ in scored:
            if verdict in ("wrong", "repeat", "speed"):
                where = query.get("path") or scorer.library[query["recording"]]["path"]
                named = scorer.library[match["recording"]]["path"]
                print(
                    f"{verdict}: {query['condition']}: "
                    f"{pathlib.Path(where).name} at {query['start']:.2f} s named "
                    f"{pathlib.Path(named).name} at {match['offset']:.2f} s, speed "
                    f"{match['speed']:.4f}, E {match['expected']:.1e}",
                    file=sys.stderr,
                )


if __name__ == "__main__":
    main()
