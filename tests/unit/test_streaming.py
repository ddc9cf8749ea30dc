"""A recording that does not fit into memory gives the same numbers, and is never in memory as a whole."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.coding import encode
from pfc_metarl.analysis.decoding import belief_share, decode, decode_steps, generalise
from pfc_metarl.analysis.tracking import tracking_units
from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.recording import streaming
from pfc_metarl.recording.files import save_recording
from pfc_metarl.recording.streaming import open_recording, pieces

AXES = ("subject", "episode", "step")

# Bytes of a piece, and episodes of about four pieces of that size.
LIMIT = 40_000
SHAPE = (2, 26, 10)


def made(shape: tuple[int, int, int], units: int) -> xr.Dataset:
    """A recording with activity that resembles itself from step to step."""
    generator = np.random.default_rng(0)
    hidden = np.tanh(generator.normal(size=(*shape, units)).cumsum(2)).astype(np.float32)
    believed = (hidden[..., 0] + generator.normal(size=shape)).astype(np.float32)
    variables = {"hidden": ((*AXES, "unit"), hidden), "believed_a": (AXES, believed), "b": (AXES, hidden[..., 1] > 0)}
    return xr.Dataset(variables, coords={"subject": [4, 7]})


@pytest.mark.parametrize(
    "analysis",
    [
        lambda recording: decode(recording["hidden"], recording[["believed_a"]], shuffles=3),
        lambda recording: decode(recording["hidden"], recording[["b"]], shuffles=3, categorical=True),
        lambda recording: decode_steps(recording["hidden"], recording[["believed_a"]], shuffles=3),
        lambda recording: generalise(recording["hidden"], recording[["believed_a"]], shuffles=3),
        lambda recording: belief_share(recording, shuffles=3),
        lambda recording: encode(recording["hidden"], recording[["believed_a", "b"]], shuffles=3),
        lambda recording: tracking_units(recording["hidden"], recording["b"], recording[["believed_a"]], shuffles=3),
    ],
)
def test_a_file_gives_the_numbers_of_memory(
    analysis: Callable[[xr.Dataset], xr.Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = made(SHAPE, 20)
    expected = analysis(recording)
    save_recording(tmp_path / "r.nc", recording)
    monkeypatch.setattr(streaming, "PIECE_BYTES", 5_000)
    with open_recording(tmp_path / "r.nc") as opened:
        assert len(list(pieces(opened["hidden"].isel(subject=0)))) > 4
        xr.testing.assert_allclose(analysis(opened), expected, rtol=1e-6)


def test_memory_holds_a_piece_and_not_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = made((2, 50, 600), 64)
    save_recording(tmp_path / "r.nc", recording)
    size = recording["hidden"].nbytes
    del recording
    monkeypatch.setattr(streaming, "PIECE_BYTES", size // 25)
    with open_recording(tmp_path / "r.nc") as opened:
        analyses = (
            lambda: decode(opened["hidden"], opened[["believed_a"]], shuffles=1),
            lambda: encode(opened["hidden"], opened[["believed_a", "b"]], shuffles=1),
            lambda: tracking_units(opened["hidden"], opened["b"], opened[["believed_a"]], shuffles=1),
        )
        for analysis in analyses:
            tracemalloc.start()
            analysis()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert peak < 0.4 * size


def test_pieces_come_in_order_and_once(tmp_path: Path) -> None:
    recording = made(SHAPE, 20)
    save_recording(tmp_path / "r.nc", {"some": recording, "other": recording.isel(subject=[1])})
    with open_recording(tmp_path / "r.nc", "some") as opened:
        found = list(pieces(opened["hidden"].isel(subject=0), limit=1))
        assert [piece.sizes["episode"] for piece in found] == [1] * SHAPE[1]
        xr.testing.assert_equal(xr.concat(found, "episode"), recording["hidden"].isel(subject=0))
    whole = list(pieces(recording["hidden"]))
    assert len(whole) == 1


def test_what_is_not_a_recording_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.nc").write_text("no")
    with pytest.raises(StoredFileError, match="cannot be read as a recording"):
        open_recording(tmp_path / "text.nc")
    save_recording(tmp_path / "r.nc", {"some": made(SHAPE, 2)})
    with pytest.raises(StoredFileError, match="group 'none'"):
        open_recording(tmp_path / "r.nc", "none")
