"""What a user types, and what comes back: exit codes, one sentence for bad input, nothing overwritten."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import xarray as xr

from pfc_metarl.cli import probe, reproduction
from pfc_metarl.cli.main import main
from pfc_metarl.studies.registry import STUDIES

TINY = ["--subjects", "2", "--updates", "3", "--episodes", "2", "--trials", "4", "--units", "3", "--quiet"]


def train(out: Path, *more: str) -> int:
    return main(["train", "two-armed-bandit", *TINY, "--out", str(out), *more])


BAD_INPUT = {
    "unknown verb": (["tarin"], "unknown verb 'tarin'"),
    "unknown study": (["reproduce", "fig99"], "unknown study 'fig99'"),
    "unknown task": (["train", "one-armed-bandit"], "unknown task 'one-armed-bandit'"),
    "unknown option": (["train", "two-armed-bandit", "--trails", "3"], "--trails"),
    "wrong type": (["train", "two-armed-bandit", "--updates", "many"], "--updates"),
    "no subjects": (["train", "two-armed-bandit", "--subjects", "0"], "--subjects is 0: input should be greater"),
    "discount above 1": (["train", "two-armed-bandit", "--discount", "1.5"], "--discount is 1.5: input should be less"),
    "probability above 1": (["train", "two-armed-bandit", "--probabilities", "2", "0.5"], "--probabilities is 2.0"),
    "probabilities for other arms": (["train", "two-armed-bandit", "--probabilities", "1", "0", "1"], "3 values"),
    "negative seed": (["train", "two-armed-bandit", "--seed", "-1"], "--seed is -1"),
    "not a number": (["train", "two-armed-bandit", "--learning-rate", "nan"], "--learning-rate is nan: give a finite"),
    "settings that contradict": (["train", "two-armed-bandit", "--arms", "3", "--distribution", "correlated"], "arms"),
    "missing configuration file": (["train", "two-armed-bandit", "--config", "none.toml"], "none.toml"),
    "resume and overwrite": (["train", "two-armed-bandit", "--resume", "--overwrite"], "exclude each other"),
    "nothing to resume": (
        ["train", "two-armed-bandit", "--resume", "--out", "runs/nothere"],
        "there is nothing to resume in runs/nothere",
    ),
    "missing network": (["record", "none.safetensors", "two-armed-bandit"], "no network file at none.safetensors"),
    "no episodes": (["record", "fig1/independent", "two-armed-bandit", "--episodes", "0"], "at least 1"),
    "network for another task": (["record", "fig1/independent", "two-armed-bandit", "--arms", "3"], "3 actions"),
    "record without a task": (["record", "fig1/independent"], "a network and a task"),
    "probe without a network": (["probe", "--task", "two-armed-bandit"], "a network and a task"),
    "probe without a task": (["probe", "fig1/independent"], "a network and a task"),
    "probe without the task's name": (["probe", "fig1/independent", "--task"], "a network and a task"),
    "probe of an unknown task": (["probe", "fig1/independent", "--task=swimming"], "unknown task 'swimming'"),
    "unknown preset": (["reproduce", "fig1", "--preset", "slow"], "--preset"),
    "paper preset without training": (["reproduce", "fig1", "--preset", "paper"], "--retrain"),
    "more subjects than bundled": (["reproduce", "fig1", "--subjects", "9"], "1 to 8"),
    "study without subjects": (["reproduce", "fig1", "--subjects", "0"], "1 to 8"),
    "negative evaluation seed": (["reproduce", "fig1", "--seed", "-3"], "seed is -3"),
}


@pytest.mark.parametrize(("words", "named"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_gets_one_sentence_and_exit_code_2(
    words: list[str], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert complaint.startswith("pfc-metarl: ")
    assert complaint.count("\n") == 1, complaint
    assert "Configuration" not in complaint, "a name of the code, which nobody typed"
    assert not any(path.is_file() for path in tmp_path.rglob("*")), "bad input must leave nothing behind"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[training]\nupdtaes = 3\n", "updtaes"),
        ("subjcts = 3\n", "subjcts"),
        ("[task]\narms = 'two'\n", "arms"),
        ("training = 3\n", "[training]"),
        ("[tasks]\narms = 3\n", "unknown table [tasks]: the tables are [task], [network], [training]"),
        ("this is not toml", "not valid TOML"),
        ("seed = -1", "setting 'seed' of the first lines is -1: input"),
        ("[network]\nunits = -3", "setting 'units' of [network] is -3: input"),
        ("[training]\nspeed = 3", "unknown setting 'speed' in [training]: the settings are advantage, "),
        ("[task]\narms = 3\ndistribution = 'correlated'", "settings.toml: [task]: distribution 'correlated' is"),
    ],
)
def test_a_bad_configuration_file_is_named_with_its_table_and_key(
    text: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    assert train(tmp_path / "run", "--config", str(path)) == 2
    complaint = capsys.readouterr().err
    assert named in complaint
    assert str(path) in complaint
    assert "Configuration" not in complaint
    assert not (tmp_path / "run").exists()


def test_the_command_line_overrides_the_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("seed = 5\n[task]\ndistribution = 'correlated'\n[training]\nupdates = 9\n")
    assert train(tmp_path / "run", "--config", str(path)) == 0
    written = (tmp_path / "run" / "configuration.json").read_text()
    assert '"distribution": "correlated"' in written
    assert '"seed": 5' in written
    assert '"updates": 3' in written


def test_train_then_record_gives_named_dimensions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train(tmp_path / "a") == 0
    monkeypatch.chdir(tmp_path)
    words = ["record", "a/network.safetensors", "two-armed-bandit", "--episodes", "5", "--trials", "6", "--seed", "2"]
    assert main([*words, "--out", "recording.nc"]) == 0
    with xr.open_dataset("recording.nc") as recording:
        assert dict(recording.sizes) == {"subject": 2, "episode": 5, "step": 6, "action": 2, "unit": 3, "arm": 2}
        assert recording["hidden"].dims == ("subject", "episode", "step", "unit")
        assert recording.attrs["task"] == "two-armed-bandit"


@pytest.mark.parametrize("words", [["--task=two-armed-bandit"], ["--task", "two-armed-bandit"]], ids=["=", "apart"])
@pytest.mark.parametrize("first", [False, True], ids=["after", "before"])
def test_probe_reads_its_task_wherever_it_stands(
    words: list[str], first: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed = []
    monkeypatch.setattr(probe, "probe", lambda population, task, **options: probed.append((task, options["name"])))
    monkeypatch.chdir(tmp_path)
    network = ["fig1/independent"]
    assert main(["probe", *(words + network if first else network + words), "--trials", "7", "--quiet"]) == 0
    [(task, name)] = probed
    assert (type(task).__name__, task.configuration.trials, name) == ("Bandit", 7, "fig1/independent")


def test_probe_replaces_a_report_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    probed = []
    monkeypatch.setattr(probe, "probe", lambda *_, **options: probed.append(options["out"]))
    report = tmp_path / "probe.html"
    report.write_text("an hour's work")
    words = ["probe", "fig1/independent", "--task", "two-armed-bandit", "--quiet", "--out", str(report)]
    assert main(words) == 2
    assert "probe.html is there already: replace it with --overwrite" in capsys.readouterr().err
    assert not probed
    assert main([*words, "--overwrite"]) == 0
    assert probed == [report]


def test_an_existing_run_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert train(tmp_path, "--seed", "9") == 2
    assert "--resume" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert train(tmp_path, "--seed", "9", "--overwrite") == 0
    assert (tmp_path / "network.safetensors").read_bytes() != before["network.safetensors"]


def test_an_unwritable_folder_is_refused_before_any_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert train(blocked / "run") == 2
    assert main(["reproduce", "fig1", "--out", str(blocked / "run")]) == 2
    complaints = capsys.readouterr().err.splitlines()
    assert len(complaints) == 2
    assert all("cannot write" in complaint for complaint in complaints)
    assert blocked.read_text() == "in the way"


@pytest.mark.parametrize("words", [[], ["--help"], ["train", "--help"], ["record", "--help"], ["reproduce", "--help"]])
def test_help_shows_an_example(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert "pfc-metarl " in capsys.readouterr().out


def test_every_setting_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    from pfc_metarl.learning.configuration import TrainingConfiguration
    from pfc_metarl.network.configuration import NetworkConfiguration
    from pfc_metarl.tasks.bandit import BanditConfiguration

    with pytest.raises(SystemExit) as stop:
        main(["train", "two-armed-bandit", "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for kind in (TrainingConfiguration, NetworkConfiguration, BanditConfiguration):
        for name, setting in kind.model_fields.items():
            assert f"--{name.replace('_', '-')}" in text
            assert f"Example: --{'' if setting.annotation is not bool else 'no-'}{name.replace('_', '-')}" in (
                setting.description or ""
            ), f"{kind.__name__}.{name} is not explained with an example"


def test_list_names_studies_tasks_and_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(name in text for name in ("fig1", "two-armed-bandit", "fig1/independent", "fig1/correlated"))


def test_help_and_list_load_no_torch() -> None:
    program = (
        "import sys; from pfc_metarl.cli.main import main; main([]); main(['list']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_python_started_in_the_checkout_finds_studies_and_networks() -> None:
    program = "import pfc_metarl.experiments.fig1.claims; import pfc_metarl as p; assert p.load('fig1/correlated')"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_all_studies_are_reproduced_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reproduction, "STUDIES", {name: STUDIES[name] for name in ("fig5", "fig3")})
    assert main(["reproduce", "all", "--subjects", "1", "--out", str(tmp_path)]) == 0
    assert all((tmp_path / name / "figure.png").exists() for name in ("fig5", "fig3"))
    text = capsys.readouterr().out
    assert "Figure 5" in text
    assert "Figure 3" in text
    assert "all 2 studies in" in text
