"""``import pfc_metarl`` stays light; the public names arrive when they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys, time
start = time.perf_counter()
import pfc_metarl
print(time.perf_counter() - start)
heavy = {"torch", "numpy", "pandas", "xarray", "matplotlib", "scipy", "sklearn", "pydantic"}
print(*sorted(heavy & set(sys.modules)))
"""


def run(code: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.splitlines()


def test_import_loads_no_torch_and_takes_no_time() -> None:
    quickest = 60.0
    for _ in range(3):
        seconds, heavy = run(PROBE)
        assert heavy == ""
        quickest = min(quickest, float(seconds))
    assert quickest < 0.5


def test_public_names_are_listed_and_load_on_use() -> None:
    import pfc_metarl

    assert {"train", "__version__"} <= set(dir(pfc_metarl))
    for name in dir(pfc_metarl):
        assert getattr(pfc_metarl, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    import pfc_metarl

    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = pfc_metarl.nothing_of_the_kind
