"""Objects to look at: reproducible, different from one another, and the user's own where given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.stimuli import BACKGROUND, folder_objects, procedural_objects


def test_the_same_seed_draws_the_same_objects_and_another_seed_others() -> None:
    first = procedural_objects(5, 12, 0, "training")
    procedural_objects.cache_clear()
    assert np.array_equal(first, procedural_objects(5, 12, 0, "training"))
    assert not np.array_equal(first, procedural_objects(5, 12, 1, "training"))


def test_more_objects_begin_with_the_same_ones() -> None:
    assert np.array_equal(procedural_objects(5, 12, 0, "training"), procedural_objects(9, 12, 0, "training")[:5])


def test_objects_are_in_colour_fill_their_place_and_all_differ() -> None:
    """A thousand of each set, no two alike, no held-out object among the trained ones."""
    both = np.concatenate([procedural_objects(1000, 12, 0, images) for images in ("training", "held-out")])
    assert both.shape == (2000, 12, 12, 3)
    assert both.dtype == np.float32
    assert both.min() >= 0
    assert both.max() <= 1
    filled = (np.abs(both - BACKGROUND) > 0.02).any(-1).mean((1, 2))
    assert filled.min() > 0.2
    assert (np.ptp(both, axis=-1).max((1, 2)) > 0.05).mean() > 0.99
    flat = both.reshape(2000, -1).astype(float)
    squares = (flat**2).sum(1)
    distances = squares[:, None] + squares - 2 * flat @ flat.T
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 0.05


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(5):
        Image.new("RGB", (30, 20), (50 * number, 0, 255)).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def test_every_second_image_of_a_folder_is_held_out(folder: Path) -> None:
    training, held_out = (folder_objects(folder, 12, images) for images in ("training", "held-out"))
    assert training.shape == (3, 12, 12, 3)
    np.testing.assert_allclose(training[:, 0, 0, 0], [0, 100 / 255, 200 / 255], atol=1e-6)
    np.testing.assert_allclose(held_out[:, 0, 0, 0], [50 / 255, 150 / 255], atol=1e-6)


def test_what_is_transparent_shows_the_background(folder: Path) -> None:
    Image.new("RGBA", (12, 12), (255, 0, 0, 0)).save(folder / "0.png")
    assert np.allclose(folder_objects(folder, 12, "training")[0], BACKGROUND)


def test_the_tasks_show_the_folders_images(folder: Path) -> None:
    for name in ("harlow", "harlow-choice"):
        task = make_task(name, stimuli=folder, images="held-out")
        assert np.allclose(task.objects.numpy(), folder_objects(folder, 12, "held-out"))
        assert task.configuration.model_dump()["stimuli"] == str(folder)


def test_a_missing_folder_too_few_images_or_a_broken_one_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder of stimuli at"):
        folder_objects(folder / "nowhere", 12, "training")
    (folder / "2.png").write_bytes(b"no image")
    with pytest.raises(ConfigurationError, match=r"2\.png is no image"):
        folder_objects(folder, 12, "training")
    for number in (0, 1):
        (folder / f"{number}.png").unlink()
    with pytest.raises(ConfigurationError, match="holds 3 images: give at least 4"):
        folder_objects(folder, 12, "training")
