"""Steps of training per second, beside the machine's limit, a plain loop and the peers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.arithmetic import operations_per_step
from benchmarks.contenders.work import Size
from benchmarks.lane import Contender, take_turns
from benchmarks.peers import GYMNAX, RECURRENT_PPO, Peer, find_peer
from benchmarks.setting import SIZES, TRIALS

OURS = "pfc_metarl"
OURS_ONE_CORE = "pfc_metarl, one core"
OURS_AUTOGRAD = "pfc_metarl, one core, autograd"
PLAIN_CELL = "plain loop, nn.LSTMCell"
PLAIN_BATCHED = "plain loop, bmm"
PLAIN_PROCESSES = "plain loop, bmm, a process per core"
GYMNAX_A2C = "gymnax A2C"
PPO = "sb3-contrib RecurrentPPO"

ALL_CORES_LIMIT = "matrix product, all cores"
ONE_CORE_LIMIT = "matrix product, one core"


def ours_and_plain(subjects: int, episodes: int, cores: int) -> list[Contender]:
    """Contenders that need nothing but what is installed with us."""
    all_cores = Size(subjects, episodes, TRIALS, cores)
    one_core = replace(all_cores, cores=1)
    contenders = [
        Contender(OURS, "ours", all_cores),
        Contender(OURS_ONE_CORE, "ours", one_core),
        Contender(OURS_AUTOGRAD, "ours", one_core, {"gradient": "autograd"}),
        Contender(PLAIN_CELL, "plain", all_cores, {"variant": "cell"}),
    ]
    if subjects > 1:
        processes = max(number for number in range(1, cores + 1) if subjects % number == 0)
        share = replace(one_core, subjects=subjects // processes)
        contenders += [
            Contender(PLAIN_BATCHED, "plain", all_cores, {"variant": "batched"}),
            Contender(PLAIN_PROCESSES, "plain", share, {"variant": "batched"}, processes),
        ]
    return contenders


def limits(cores: int) -> list[Contender]:
    """Matrix products on as many cores as the contenders have: a process with one thread on each."""
    one = Size(1, 1, 1, 1)
    return [
        Contender(ALL_CORES_LIMIT, "matrix_product", one, processes=cores),
        Contender(ONE_CORE_LIMIT, "matrix_product", one),
    ]


def peers_at(subjects: int, episodes: int, cores: int, found: dict[str, Peer | None]) -> list[Contender]:
    """Contenders of other people, with as many environments in all as we have."""
    size = Size(subjects, episodes, TRIALS, cores)
    modules = {GYMNAX_A2C: "gymnax_a2c", PPO: "recurrent_ppo"}
    return [Contender(name, modules[name], size, python=peer.python) for name, peer in found.items() if peer]


def measure(
    seconds: float,
    cores: int,
    interpreters: Sequence[str] = (),
    sizes: Sequence[tuple[int, int]] = SIZES,
) -> pd.DataFrame:
    """Measure every size; one row per size and contender, and one without numbers per peer that is absent.

    Parameters
    ----------
    seconds : of work per contender and size.
    cores : that contenders may use.
    interpreters : further Python environments in which peers are looked for.
    sizes : subjects and episodes per update.
    """
    found = {GYMNAX_A2C: find_peer(GYMNAX, interpreters), PPO: find_peer(RECURRENT_PPO, interpreters)}
    rows = []
    for subjects, episodes in sizes:
        contenders = [*ours_and_plain(subjects, episodes, cores), *peers_at(subjects, episodes, cores, found)]
        rates = take_turns([*contenders, *limits(cores)], seconds)
        rows += [_row(subjects, episodes, contender, rates, cores) for contender in contenders]
    table = pd.DataFrame(rows)
    absent = [{"contender": name, "version": "not installed"} for name, peer in found.items() if peer is None]
    versions = {name: str(peer) for name, peer in found.items() if peer}
    table.insert(3, "version", [versions.get(name) for name in table["contender"]])
    return pd.concat([table, pd.DataFrame(absent)], ignore_index=True)


def _row(
    subjects: int, episodes: int, contender: Contender, rates: dict[str, list[float]], cores: int
) -> dict[str, object]:
    """Median speed with quartiles, as a share of the limit of its cores, and how many times ours is as fast."""
    slow, middle, fast = np.quantile(rates[contender.name], [0.25, 0.5, 0.75])
    # A limit is the best that was ever seen of these cores.
    limit = max(rates[ALL_CORES_LIMIT if contender.cores == cores else ONE_CORE_LIMIT])
    return {
        "subjects": subjects,
        "episodes": episodes,
        "contender": contender.name,
        "cores": contender.cores,
        "Msteps/s": middle / 1e6,
        "lower quartile": slow / 1e6,
        "upper quartile": fast / 1e6,
        "turns": len(rates[contender.name]),
        "ours / it": float(np.median(rates[OURS])) / middle,
        "limit GFLOP/s": limit / 1e9,
        "share of limit": operations_per_step() * middle / limit,
    }
