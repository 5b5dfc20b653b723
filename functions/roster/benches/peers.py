"""Times how long others take to read the roster that `saizheng` reads and judges, in the same run.

    python3 -m venv target/peers && target/peers/bin/pip install -r functions/roster/benches/requirements.txt
    target/peers/bin/python functions/roster/benches/peers.py [--rounds 11] [--rows 10000]

Each reading has a process of its own, which reports its time and its peak memory; the readers take turns. Starting
the process and importing the library are not counted. openpyxl and python-calamine only read: no guard, no rules.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RUST = {"calamine alone": "calamine", "guard and rows": "rows", "validated": "ours"}
PYTHON = {"python-calamine": "python_calamine", "openpyxl, read-only": "openpyxl"}


def openpyxl(path):
    import openpyxl

    start = time.perf_counter()
    book = openpyxl.load_workbook(path, read_only=True)
    cells = sum(len(row) for row in book.worksheets[0].iter_rows(values_only=True))
    return start, cells


def python_calamine(path):
    from python_calamine import CalamineWorkbook

    start = time.perf_counter()
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    cells = sum(len(row) for row in sheet.iter_rows())
    return start, cells


def peak_kib():
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def once(name, path):
    start, cells = globals()[name](path)
    print(json.dumps({"ms": (time.perf_counter() - start) * 1e3, "peak_kib": peak_kib(), "cells": cells}))


def bench_binary():
    """The benchmark as cargo built it."""
    build = ["cargo", "bench", "--config", "infra/lambda.toml", "-p", "roster", "--bench", "reading", "--no-run", "--message-format", "json"]
    lines = subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    built = [line for line in map(json.loads, lines) if line.get("executable") and line["target"]["name"] == "reading"]
    return built[-1]["executable"]


def measure(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    binary = bench_binary()
    path = ROOT / "target" / f"roster-{options.rows}.xlsx"
    subprocess.run([binary, "write", str(path), str(options.rows)], check=True)
    commands = {name: [binary, "once", word, str(path)] for name, word in RUST.items()}
    commands |= {name: [sys.executable, __file__, "once", word, str(path)] for name, word in PYTHON.items()}
    results = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, command in commands.items():
            results[name].append(measure(command))
    print(f"{options.rows} rows, {path.stat().st_size} bytes, {options.rounds} rounds; {platform.machine()}, ", end="")
    print(f"Python {platform.python_version()}, openpyxl {version('openpyxl')}, python-calamine {version('python-calamine')}")
    base = statistics.median(result["ms"] for result in results["calamine alone"])
    print("| reader | median | least | against calamine alone | peak memory |\n|---|---|---|---|---|")
    for name, found in results.items():
        times = [result["ms"] for result in found]
        middle, peak = statistics.median(times), max(result["peak_kib"] for result in found) / 1024
        print(f"| {name} | {middle:.0f} ms | {min(times):.0f} ms | {middle / base:.2f} | {peak:.1f} MiB |")


if __name__ == "__main__":
    once(*sys.argv[2:4]) if sys.argv[1:2] == ["once"] else main()
