"""Studies by name, and the networks bundled with them."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import safe_open

from pfc_metarl.base.errors import StoredFileError, UnknownNameError
from pfc_metarl.base.run_folder import RunFolder

if TYPE_CHECKING:
    from pfc_metarl.network.population import Population
    from pfc_metarl.studies.study import Study

# name -> (module in pfc_metarl.experiments, one line for `pfc-metarl list`)
STUDIES: dict[str, tuple[str, str]] = {
    "fig1": ("fig1", "Wang 2018, Fig. 1: learning to learn two-armed bandits"),
    "fig2": ("fig2", "Wang 2018, Fig. 2: matching and reward history in baited foraging"),
    "fig3": ("fig3", "Wang 2018, Fig. 3: a learned learning rate that adapts to volatility"),
    "fig4": ("fig4", "Wang 2018, Fig. 4: prediction errors that follow an inferred change of value"),
    "fig5": ("fig5", "Wang 2018, Fig. 5: model-based behaviour in the two-step task"),
    "fig6": ("fig6", "Wang 2018, Fig. 6: learning to learn, Harlow's task from pixels"),
    "fig7": ("fig7", "Wang 2018, Fig. 7: risky choices with dopamine blocked or triggered at chosen events"),
    "wang2018-predictions": (
        "predictions",
        "Wang 2018, two predictions: dopamine blocked in training, lesions of the network",
    ),
    "wang2016-hidden-information": (
        "wang2016_hidden_information",
        "Wang 2016, section 3.1.3: asking a poor arm which of ten arms is rich",
    ),
    "maze": ("maze", "Mazes never seen: found slowly, then found again (after Wang 2016 and Duan 2016)"),
    "cores": ("cores", "plain, GRU and LSTM networks: who learns what, how fast, and how long memory lasts"),
    "wang2016-bandits": (
        "wang2016_bandits",
        "Wang 2016, sections 3.1.1 and 3.1.2: training and test distributions of bandits",
    ),
    "wang2016-two-step": (
        "wang2016_two_step",
        "Wang 2016, section 3.2.1: model-based choice where payoffs last for an episode",
    ),
    "wang2016-restless": (
        "wang2016_restless",
        "Wang 2016, section 3.1.4: a learned learning rate on restless bandits",
    ),
    "recall": ("recall", "What and how: savings by states recalled from the same, a similar and a different task"),
    "rl2-bandits": ("rl2_bandits", "Duan 2016, Table 1: bandits with 5, 10 and 50 arms beside classical learners"),
    "rl2-mdps": ("rl2_mdps", "Duan 2016, Table 2: tabular Markov decision processes beside classical learners"),
    "ritter2018-barcode-bandits": (
        "ritter2018_barcode_bandits",
        "Ritter 2018, Experiment 1: episodic memory that tells which arm a barcode stands for",
    ),
    "ritter2018-two-step": (
        "ritter2018_two_step",
        "Ritter 2018, bioRxiv: model-based choice after the last trial, and after one that a cue calls back",
    ),
    "ritter2018-water-maze": (
        "ritter2018_water_maze",
        "Ritter 2018, Experiment 4: back to a hidden goal whose place belongs to a barcode",
    ),
    "fine-tune": ("fine_tune", "Trained networks reused on near and far tasks: new heads, new inputs, or all of it"),
    "slowness-step-size": (
        "slowness_step_size",
        "Botvinick 2019: small steps are slow, large steps overwrite what was learned",
    ),
    "slowness-inductive-bias": (
        "slowness_inductive_bias",
        "Botvinick 2019: what a weak inductive bias costs in examples, and a strong one where it is wrong",
    ),
    "meta-supervised": ("meta_supervised", "Finn 2017, section 5.1: sinusoids learned from 5, 10 and 20 examples"),
    "maml-rl": (
        "maml_rl",
        "Finn 2017, section 5.3: navigation by policy gradients; bandits and two-step beside recurrent networks",
    ),
    "episodic-control": (
        "episodic_control",
        "Blundell 2016 and Pritzel 2017: episodic control beside DQN and tabular Q-learning",
    ),
    "fast-and-slow": (
        "fast_and_slow",
        "Botvinick 2019: what a new task takes, inside and outside what was trained, and what was paid beforehand",
    ),
}


def find_study(name: str) -> Study:
    """Return a study.

    Raises
    ------
    UnknownNameError
        If no study has this name.
    """
    if name not in STUDIES:
        raise UnknownNameError(f"unknown study '{name}': the studies are {', '.join(sorted(STUDIES))}")
    return import_module(f"pfc_metarl.experiments.{STUDIES[name][0]}.study").STUDY


def bundled_networks() -> dict[str, Path]:
    """Every bundled network or other learner, ``study/label`` -> file."""
    folder = Path(str(files("pfc_metarl.data")))
    return {f"{file.parent.name}/{file.stem}": file for file in sorted(folder.glob("*/*.safetensors"))}


def holds_network(path: Path) -> bool:
    """Tell by its header whether a bundled file holds recurrent networks, which can be recorded, or other learners."""
    # With numpy, for reading a header should not load torch.
    with safe_open(path, framework="np") as stored:
        (header,) = stored.metadata().values()
    return "network" in json.loads(header)


def network_file(network: str | Path) -> Path:
    """Return the file that a user means by a network.

    Parameters
    ----------
    network : a file, a run folder of training, or a bundled network such as "fig1/independent".

    Raises
    ------
    StoredFileError
        If it is a folder without a trained network.
    """
    path = bundled_networks().get(str(network), Path(network))
    if not path.is_dir():
        return path
    trained = RunFolder(path).network
    if not trained.is_file():
        raise StoredFileError(
            f"{path} holds no {trained.name}: give the folder of a training that has ended; "
            f"one that was stopped goes on with 'pfc-metarl train' and --resume"
        )
    return trained


def load(network: str | Path) -> Population:
    """Load a trained population.

    Parameters
    ----------
    network : a file written by training, its run folder, or a bundled network such as "fig1/independent".

    Raises
    ------
    StoredFileError
        If the file is missing, damaged or foreign.
    """
    from pfc_metarl.network.store import load_population  # torch is loaded here, not when listing

    return load_population(network_file(network))[0]
