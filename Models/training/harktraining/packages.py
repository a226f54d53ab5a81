"""Debian packages with free audio: fetched, unpacked, and listed with their licences."""

import csv
import pathlib
import re
import subprocess

LIST = pathlib.Path(__file__).parents[1] / "packages.csv"


def listed():
    """Name to kind, in the order of the list."""
    with open(LIST, newline="") as file:
        return {row["package"]: row["kind"] for row in csv.DictReader(file)}


def fetch(name, folder):
    """Unpacks the package below `folder`, unless it is there already. The system is left as it is.

    Raises `RuntimeError` with apt's own words where the package cannot be had.
    """
    place = pathlib.Path(folder) / name
    if place.exists():
        return place
    work = pathlib.Path(folder) / f".{name}"
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob("*.deb"):
        old.unlink()
    done = subprocess.run(["apt-get", "download", "-q", name], cwd=work, capture_output=True, text=True)
    archives = list(work.glob("*.deb"))
    if done.returncode != 0 or len(archives) != 1:
        raise RuntimeError(f"cannot fetch {name}: {done.stderr.strip()}")
    subprocess.run(["dpkg-deb", "--extract", archives[0].name, "content"], cwd=work, check=True)
    archives[0].unlink()
    # The final name appears only when everything is there.
    (work / "content").rename(place)
    work.rmdir()
    return place


def licences(place, name):
    """The short names of the licences that the package's copyright file gives, each once."""
    path = pathlib.Path(place) / "usr/share/doc" / name / "copyright"
    if not path.is_file():
        return []
    text = path.read_text(errors="replace")
    return sorted({found.strip() for found in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)})
