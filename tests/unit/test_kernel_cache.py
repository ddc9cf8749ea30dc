"""Compiled kernels between processes: whatever they write at the same moment, the next finds the right code."""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CALLED = """
from pfc_metarl.base.kernels import inlined

@inlined
def raised(x):
    return x + 1

MORE = 0
"""
CALLING = """
from called import MORE, raised
from pfc_metarl.base.kernels import kernel

def make(twice):
    @kernel
    def raise_all(numbers):
        for place in range(numbers.size):
            numbers[place] = raised(numbers[place]) + MORE
            if twice:
                numbers[place] = raised(numbers[place])
    return raise_all

def through(inner):
    @kernel
    def pass_on(numbers):
        inner(numbers)
    return pass_on

kernels = {"once": make(False), "twice": make(True)}
kernels |= {"through-" + name: through(each) for name, each in kernels.items()}
"""
ASK = """
import json, sys
import numpy as np
from calling import kernels
answer = {}
for asked in sys.argv[1:]:
    name, kind = asked.split()
    numbers = np.zeros(2, kind)
    kernels[name](numbers)
    answer[asked] = [numbers.tolist(), sum(kernels[name].stats.cache_hits.values())]
print(json.dumps(answer))
"""
# The same function of two closures, and of two types of numbers: what each makes of zeros.
RIGHT = {"once float32": [1, 1], "twice float32": [2, 2], "twice float64": [2, 2]}


@pytest.fixture
def code(tmp_path):
    """A folder with a kernel in one file that calls a kernel in another."""
    (tmp_path / "called.py").write_text(CALLED)
    (tmp_path / "calling.py").write_text(CALLING)
    return tmp_path


def in_new_process(code: Path, *asked: str) -> dict[str, tuple[list[float], int]]:
    """Return what each kernel makes of zeros, and how many of its signatures came from the cache."""
    command = [sys.executable, "-c", ASK, *asked]
    done = subprocess.run(command, cwd=code, capture_output=True, text=True, check=True)
    return {asked: (numbers, hits) for asked, (numbers, hits) in json.loads(done.stdout).items()}


def kept(code: Path) -> list[Path]:
    return [path for path in (code / "__pycache__").glob("*") if path.suffix != ".pyc"]


def test_no_order_of_writing_gives_a_kernel_the_code_of_another(code):
    """Each of three processes finds an empty cache; their files are then there together, in any order of writing."""
    written: dict[str, dict[str, bytes]] = {}
    for asked in RIGHT:
        in_new_process(code, asked)
        written[asked] = {path.name: path.read_bytes() for path in kept(code)}
        shutil.rmtree(code / "__pycache__")
    assert all(written.values())
    for first, second in itertools.combinations(written.values(), 2):
        assert not first.keys() & second.keys()

    (code / "__pycache__").mkdir()
    for files in written.values():
        for name, content in files.items():
            (code / "__pycache__" / name).write_bytes(content)
    found = in_new_process(code, *RIGHT)
    assert {asked: numbers for asked, (numbers, _) in found.items()} == RIGHT
    assert {asked: hits for asked, (_, hits) in found.items()} == {
        "once float32": 1, "twice float32": 1, "twice float64": 2
    }  # fmt: skip


def test_kernels_that_differ_in_what_they_call_do_not_share_code(code):
    """Closed-over kernels, the same function of two closures, are known again in the next process."""
    right = {"through-once float32": [1, 1], "through-twice float32": [2, 2]}
    for hits in (0, 1):
        for asked, numbers in right.items():
            assert in_new_process(code, asked)[asked] == (numbers, hits)


def test_a_change_in_a_called_file_is_seen(code):
    assert in_new_process(code, "once float32")["once float32"] == ([1, 1], 0)
    assert in_new_process(code, "once float32")["once float32"] == ([1, 1], 1)
    (code / "called.py").write_text(CALLED.replace("x + 1", "x + 3"))
    assert in_new_process(code, "once float32")["once float32"] == ([3, 3], 0)
    assert len(kept(code)) == 1, "old code is replaced, not collected"


def test_a_change_of_a_constant_in_a_file_without_kernels_is_seen(code):
    (code / "called.py").write_text("from elsewhere import MORE\n" + CALLED.replace("MORE = 0", ""))
    for more in (5, 7):
        (code / "elsewhere.py").write_text(f"MORE = {more}\n")
        assert in_new_process(code, "once float32")["once float32"] == ([1 + more] * 2, 0)
    assert in_new_process(code, "once float32")["once float32"] == ([8, 8], 1)


def test_code_is_kept_under_the_source_that_it_was_imported_from(code):
    """The file changes between import and first call, as when an installation is replaced beside a running program."""
    late = ASK.replace("answer = {}", "answer = {}; from pathlib import Path; called = Path('called.py')\n"
                       "called.write_text(called.read_text().replace('x + 1', 'x + 3'))")  # fmt: skip
    command = [sys.executable, "-c", late, "once float32"]
    said = subprocess.run(command, cwd=code, capture_output=True, text=True, check=True).stdout
    assert json.loads(said)["once float32"] == [[1, 1], 0]
    assert in_new_process(code, "once float32")["once float32"] == ([3, 3], 0)


@pytest.mark.parametrize("left", [0, 200, -1], ids=["emptied", "cut short", "a byte too short"])
def test_a_damaged_file_is_compiled_anew(code, left):
    in_new_process(code, "once float32")
    (file,) = kept(code)
    file.write_bytes(file.read_bytes()[:left])
    assert in_new_process(code, "once float32")["once float32"] == ([1, 1], 0)
    assert in_new_process(code, "once float32")["once float32"] == ([1, 1], 1)


def test_without_a_folder_that_can_be_written_kernels_still_run(code, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_LOCATOR_CLASSES", "ZipCacheLocator")  # which takes no such file
    assert in_new_process(code, "once float32")["once float32"] == ([1, 1], 0)
    assert not kept(code)
