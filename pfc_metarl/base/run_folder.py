"""The folder of one training run: what was asked, how it went, and where it stands."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pfc_metarl.base.errors import ConfigurationError, OutputError, StoredFileError
from pfc_metarl.base.files import make_folder, remove_leftovers, unwritable, write_atomically


class RunFolder:
    """Names the files of a run and keeps them whole.

    Attributes
    ----------
    configuration : the run's settings, JSON.
    metrics : one JSON line per report, only ever appended to.
    checkpoint : weights, optimiser and position of the last safe point.
    network : the trained population; exists only once training is complete.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.configuration = path / "configuration.json"
        self.metrics = path / "metrics.jsonl"
        self.checkpoint = path / "checkpoint.safetensors"
        self.network = path / "network.safetensors"

    def stage(self, number: int) -> Path:
        """The population as it stood at an earlier stage of training, counted from 1."""
        return self.path / f"stage-{number}.safetensors"

    @contextmanager
    def opened(self, settings: Mapping[str, Any], resume: bool, overwrite: bool) -> Iterator[None]:
        """Start or continue the run described by ``settings``, and keep other runs out of the folder while it lasts.

        Raises
        ------
        OutputError
            If a run stands here already and neither resuming nor overwriting was asked
            for, if another one is under way here, or if the folder cannot be written.
        ConfigurationError
            If the run to be resumed was made with other settings.
        """
        if resume and overwrite:
            raise ConfigurationError("--resume and --overwrite exclude each other: give one of them")
        if self.standing() and not (resume or overwrite):
            raise OutputError(
                f"a run stands in {self.path} already: continue it with --resume, "
                f"replace it with --overwrite, or choose another --out"
            )
        make_folder(self.path)
        with self._claimed():
            self._prepare(settings, overwrite)
            yield

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # brings an event loop along, which a short command does not wait for

        place = self.path / ".lock"
        lock = FileLock(place)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"a run is under way in {self.path}: wait until it ends, or choose another --out"
            ) from None
        except OSError as error:
            raise unwritable(self.path, error) from None
        try:
            yield
        finally:
            # While it is still held, so that nobody's claim but this one goes with it.
            place.unlink(missing_ok=True)
            lock.release()

    def _prepare(self, settings: Mapping[str, Any], overwrite: bool) -> None:
        if overwrite:
            for file in self.standing():
                file.unlink()
        if self.configuration.exists():
            self._refuse_other(settings)
        elif self.standing():
            raise StoredFileError(
                f"{self.path} holds a run without its {self.configuration.name}, so it cannot be told whose it is: "
                f"start again with --overwrite or choose another --out"
            )
        else:
            write_atomically(self.configuration, _json(settings))
        remove_leftovers(self.path)

    def refuse_foreign(self, file: Path, origin: Any, settings: Mapping[str, Any]) -> None:
        """Raise StoredFileError if what a file says of its origin is not this run."""
        if _text(origin) != _text(settings):
            raise StoredFileError(
                f"{file} is of another run than {self.configuration.name} beside it: start again with --overwrite"
            )

    def standing(self) -> list[Path]:
        """The run's files that exist; none where no run has begun."""
        files = (self.network, self.checkpoint, self.metrics, self.configuration)
        return [file for file in files if file.exists()] + sorted(self.path.glob("stage-*.safetensors"))

    def _refuse_other(self, settings: Mapping[str, Any]) -> None:
        try:
            stored = _flat(json.loads(self.configuration.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StoredFileError(
                f"{self.configuration} cannot be read ({error}): start again with --overwrite"
            ) from None
        asked = _flat(json.loads(_json(settings)))
        for name in sorted(stored.keys() | asked.keys()):
            if _text(stored.get(name)) != _text(asked.get(name)):
                raise ConfigurationError(
                    f"the run in {self.path} has {name} = {stored.get(name)}, not {asked.get(name)}: "
                    f"resume it with its own settings or choose another --out"
                )

    def report(self, line: Mapping[str, Any]) -> None:
        """Append one line to the metrics."""
        try:
            with self.metrics.open("ab+") as file:
                # A kill can leave a torn line; what follows must not be glued to it.
                if _ends_in_a_torn_line(file):
                    file.write(b"\n")
                file.write(json.dumps(line).encode() + b"\n")
        except OSError as error:
            raise unwritable(self.metrics, error) from None

    def read_metrics(self) -> list[dict[str, Any]]:
        """Read the metrics, one entry per update, in order.

        A resumed run repeats the updates after its checkpoint; the later line counts. A
        last line torn by a kill is passed over.
        """
        if not self.metrics.exists():
            return []
        lines = self.metrics.read_text(encoding="utf-8").split("\n")
        # Every whole line ends with a line feed, so what follows the last one is torn or empty.
        entries = [json.loads(line) for line in lines[:-1] if _is_json(line)]
        return [entry for _, entry in sorted({entry["update"]: entry for entry in entries}.items())]


def _ends_in_a_torn_line(file: BinaryIO) -> bool:
    """Whether a file, open at its end, does not end in a line feed."""
    if file.tell() == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return file.read(1) != b"\n"


def _is_json(line: str) -> bool:
    """Whether a line is whole: a torn line may stand mid-file where a run was resumed after a kill."""
    try:
        json.loads(line)
    except json.JSONDecodeError:
        return False
    return True


def _json(settings: Mapping[str, Any]) -> bytes:
    return (json.dumps(settings, indent=2, sort_keys=True) + "\n").encode()


def _text(setting: Any) -> str:
    """A setting as JSON, in which what is no number equals itself."""
    return json.dumps(setting, sort_keys=True)


def _flat(nested: Any, prefix: str = "") -> dict[str, Any]:
    """Turn nested settings into one level of dotted names."""
    if not isinstance(nested, dict):
        return {prefix: nested}
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        flat.update(_flat(value, f"{prefix}.{key}" if prefix else key))
    return flat
