"""Entry point of ``pfc-metarl``: finds the verb, and turns errors into one line and an exit code."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from pfc_metarl.base.errors import PfcMetaRLError, UnknownNameError

# verb -> (module, one line); a verb's module is loaded only when it is called.
VERBS = {
    "list": ("pfc_metarl.cli.listing", "studies, tasks, interventions and bundled networks"),
    "train": ("pfc_metarl.cli.training", "train a population on a task"),
    "record": ("pfc_metarl.cli.recording", "run a trained population with its weights frozen, and record it"),
    "reproduce": ("pfc_metarl.cli.reproduction", "re-make a published figure and score its claims"),
    "yoke": ("pfc_metarl.cli.yoke", "run people's own choices and outcomes through frozen networks"),
    "analyse": ("pfc_metarl.cli.analyse", "behavioural analyses of people's trials, as of networks'"),
    "export": ("pfc_metarl.cli.export", "recordings as NWB, pynapple, CSV, Parquet; networks as torch, ONNX"),
    "probe": ("pfc_metarl.cli.probe", "an illustrated report on how a network's activity carries its learning"),
    "scorecard": ("pfc_metarl.cli.scorecard", "every claim of every study: paper, measurement, verdict"),
}

EXAMPLES = """\
examples:
  pfc-metarl reproduce fig1
  pfc-metarl train two-armed-bandit --subjects 8 --updates 1000 --seed 1 --out runs/a
  pfc-metarl record runs/a/network.safetensors two-armed-bandit --episodes 300 --seed 2 --out recording.nc

'pfc-metarl VERB --help' explains each verb's options."""


# Verbs that have something to do without being told more.
ALONE = {"list", "scorecard"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 2 bad input, 130 stopped by Ctrl-C, 141 nobody reads on."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Python looks through millions of objects for rings that nobody holds before it ends, a second of every command.
    atexit.register(gc.freeze)
    try:
        try:
            return _dispatch(words)
        finally:
            # Now, so that what cannot be printed is known here and not while Python ends.
            sys.stdout.flush()
    except PfcMetaRLError as error:
        print(f"pfc-metarl: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"pfc-metarl: stopped; {_going_on(words)}", file=sys.stderr)
        return 130
    except OSError as error:
        if not _printing_fails():
            raise
        if isinstance(error, BrokenPipeError):
            return 141
        reason = (error.strerror or str(error)).lower()
        print(f"pfc-metarl: cannot write what was to be printed: {reason}", file=sys.stderr)
        return 2


def _printing_fails() -> bool:
    """Whether it is standard output that cannot be written; what is still to be printed is then thrown away."""
    try:
        # An empty line: without a buffer nothing is left that could be tried again.
        print(flush=True)
    except OSError:
        # Python tries once more when it ends, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _going_on(words: list[str]) -> str:
    """What a command does that is given again after it was stopped."""
    verb, *rest = words or [""]
    if verb == "train":
        instead = " instead of --overwrite" if "--overwrite" in rest else ""
        return f"the same command with --resume{instead} goes on from the last checkpoint"
    same = "the same command without --overwrite" if "--overwrite" in rest else "the same command"
    retrain = "--retrain" in rest
    begun = "keeps what is trained or lived to its end, and goes on with a training from its last checkpoint"
    if verb == "reproduce" and rest[:1] == ["all"]:
        return f"{same} keeps finished studies{f'; in this one it {begun}' if retrain else ' and starts this one anew'}"
    if verb == "reproduce" and retrain:
        return f"{same} {begun}"
    return "the same command starts anew"


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_usage())
        return 0
    if words[0] == "--version":
        from pfc_metarl import __version__

        print(__version__)
        return 0
    verb, *rest = words
    if verb not in VERBS:
        raise UnknownNameError(f"unknown verb '{verb}': the verbs are {', '.join(VERBS)}")
    run = import_module(VERBS[verb][0]).run
    if rest or verb in ALONE:
        return run(rest)
    # A script whose variable was empty must not go on as if something had been done.
    with contextlib.redirect_stdout(sys.stderr):
        run(rest)
    return 2


def _usage() -> str:
    verbs = "\n".join(f"  {verb:<10} {line}" for verb, (_, line) in VERBS.items())
    purpose = "Prefrontal cortex as a meta-reinforcement learning system."
    return f"usage: pfc-metarl VERB ...\n\n{purpose}\n\nverbs:\n{verbs}\n\n{EXAMPLES}"


if __name__ == "__main__":
    sys.exit(main())
