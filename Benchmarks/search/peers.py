"""Searches the same vectors with Hark, FAISS, hnswlib and USearch, in interleaved rounds, and prints one table.

    python3 -m venv VENV && VENV/bin/pip install faiss-cpu hnswlib numpy usearch
    swift build -c release --package-path Benchmarks --product search
    taskset -c 0 VENV/bin/python Benchmarks/search/peers.py FOLDER Benchmarks/.build/release/search

FOLDER gets 1,000,000 vectors of 128 values and their index, twice: `random` has directions drawn
evenly, `clustered` 1,000 centres with noise around them. Queries are vectors of the folder with noise, so that
each has near neighbours. A figure is the median over rounds; every answer of Hark is held against brute
force: the scores of the ten best in double precision, ties included. `taskset` gives everybody one core.
Times are by the wall clock and, since other programs stretch those, what the process had of the processor.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from harkpeers import Program, timed  # before NumPy: it says how many threads there are

import faiss
import hnswlib
import numpy as np
import usearch.index

DIMENSION = 128


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make(folder, kind, count):
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "queries.f32").exists():
        return
    random = np.random.default_rng(5)
    noise = lambda n: random.standard_normal((n, DIMENSION), dtype=np.float32)
    if kind == "random":
        rows = unit(noise(count))
    else:
        centres = unit(noise(1000))
        rows = unit(centres[random.integers(0, 1000, count)] + 0.05 * noise(count))
    picked = rows[random.integers(0, count, 256)]
    rows.tofile(folder / "vectors.f32")
    unit(picked + 0.05 * noise(256)).astype(np.float32).tofile(folder / "queries.f32")


def check(answer, rows, queries, k):
    """Hark's answers are those of brute force: no other row scores more than the last of them."""
    exact_rows = rows.astype(np.float64)
    lengths = np.linalg.norm(exact_rows, axis=1)
    for found, scores, query in zip(answer["rows"], answer["scores"], queries):
        query = query.astype(np.float64)
        exact = exact_rows @ query / (lengths * np.linalg.norm(query))
        order = np.lexsort((np.arange(len(exact)), -exact))[:k]
        assert np.allclose(exact[found], exact[order], rtol=0, atol=1e-14), "recall below 1"
        assert np.allclose(scores, exact[found], rtol=0, atol=1e-14), "scores differ"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("search")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--count", type=int, default=1_000_000)
    options = arguments.parse_args()
    faiss.omp_set_num_threads(1)
    lines = []
    for kind in ("clustered", "random"):
        folder = options.folder / kind
        make(folder, kind, options.count)
        rows = np.fromfile(folder / "vectors.f32", dtype=np.float32).reshape(-1, DIMENSION)
        queries = np.fromfile(folder / "queries.f32", dtype=np.float32).reshape(-1, DIMENSION)
        flat = faiss.IndexFlatIP(DIMENSION)
        flat.add(rows)
        scalar = faiss.IndexScalarQuantizer(
            DIMENSION, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        scalar.train(rows[:100_000])
        scalar.add(rows)
        fast = faiss.IndexPQFastScan(DIMENSION, 64, 4, faiss.METRIC_INNER_PRODUCT)
        fast.train(rows[:100_000])
        refined = faiss.IndexRefineFlat(fast)
        refined.add(rows)
        refined.k_factor = 16
        force = hnswlib.BFIndex(space="ip", dim=DIMENSION)
        force.init_index(max_elements=len(rows))
        force.add_items(rows)

        def usearch_exact(query, k):
            return usearch.index.search(rows, query[0], k, usearch.index.MetricKind.IP, exact=True, threads=1)

        def found(query):
            return len(set(refined.search(query, 10)[1][0]) & set(flat.search(query, 10)[1][0]))

        recall = np.mean([found(query[None]) for query in queries[:32]]) / 10
        hark = Program(options.search, folder)
        check(hark.ask("single", 10, 0, 8), rows, queries[:8], 10)
        check(hark.ask("batch", 10, 0, 8), rows, queries[:8], 10)
        times = {}

        def note(name, value):
            times.setdefault(name, []).append(value)

        for round in range(options.rounds):
            one = queries[round : round + 1]
            many = queries[round : round + 32]
            note("hark 1", hark.timed("single", 10, round, 1))
            note("flat 1", timed(flat.search, one, 10))
            note("sq8 1", timed(scalar.search, one, 10))
            note(f"PQ64x4fs with refinement 1, recall {recall:.3f}", timed(refined.search, one, 10))
            note("hnswlib, brute force 1", timed(force.knn_query, one, 10))
            note("usearch, exact 1", timed(usearch_exact, one, 10))
            note("hark 32", hark.timed("batch", 10, round, 32))
            for threshold in (20, 1000):
                faiss.cvar.distance_compute_blas_threshold = threshold
                note(f"flat 32, threshold {threshold}", timed(flat.search, many, 10))
            for k in (100, 10_000):
                note(f"hark 1, k {k}", hark.timed("single", k, round, 1))
            for share in (0.5, 0.1, 0.01, 0.001):
                note(
                    f"hark 1, {share:.1%} allowed", hark.timed("single", 10, round, 1, share)
                )
        for name, values in times.items():
            (low, middle, high), (_, busy, _) = np.quantile(values, (0.1, 0.5, 0.9), axis=0).T
            lines.append(
                f"| {kind} | {name} | {middle:.2f} | {low:.2f} – {high:.2f} | {busy:.2f} |"
            )
        hark.close()
    print("| data | search | median ms | 10 – 90 % | processor ms |\n" + "| --- " * 5 + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
