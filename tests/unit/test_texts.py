"""What README and packaging promise fits together when it is followed to the letter."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_no_two_sections_of_the_readme_train_into_one_folder() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    folders = re.findall(r'pfc\.train\([^"]*out="([^"]+)"', readme) + re.findall(
        r"pfc-metarl train .*--out (\S+)", readme
    )
    assert len(folders) == len(set(folders)) > 1


def test_notebooks_have_all_that_their_progress_bars_need() -> None:
    settings = configparser.ConfigParser()
    settings.read(CHECKOUT / "setup.cfg")
    asked = {re.split(r"\W", line)[0] for line in settings["options.extras_require"]["notebooks"].split()}
    pinned = {line.partition("==")[0] for line in (CHECKOUT / "constraints.txt").read_text().splitlines()}
    assert {"ipywidgets", "ipykernel"} <= asked
    assert {"ipywidgets", "jupyterlab_widgets", "widgetsnbextension"} <= pinned
