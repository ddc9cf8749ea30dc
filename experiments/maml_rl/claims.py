"""Claims about learning by policy gradients and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

from .config import TASKS

CLAIMS = (
    Claim(
        name="maml-navigates",
        statement="the return is at least -20 after one gradient step and at least -6 after two",
        paper="-40.41 before, -11.68 after one step, -3.33 after two",
        reference="staying where one is: -38; straight to the goal at the greatest speed: about -1",
        conditions=(
            Condition("return.maml.1-step", "mean at least", -20.0),
            Condition("return.maml.2-step", "mean at least", -6.0),
        ),
    ),
    Claim(
        name="each-step-gains",
        statement="in every subject both the first and the second gradient step raise the return",
        paper="-40.41, -11.68, -3.33",
        reference="no gain 0; without training, as measured",
        conditions=(
            Condition("return.maml.gain-1", "every above", 0.0),
            Condition("return.maml.gain-2", "every above", 0.0),
            Condition("return.maml.1-step", "mean above", "return.untrained.3-step"),
        ),
    ),
    Claim(
        name="maml-learns-the-tasks",
        statement="in the last ten of 100 trials MAML earns more than chance in bandit and two-step task",
        paper="not part of it",
        reference="chance .5; the ideal observer and a policy without training, as measured",
        conditions=tuple(Condition(f"reward.{task}.maml.last", "interval above", 0.5) for task in TASKS),
    ),
    Claim(
        name="recurrent-state-learns-faster",
        statement="the recurrent network reaches the criterion in fewer trials than MAML, in both tasks",
        paper="not part of it; Wang et al. (2018) and Botvinick et al. (2019) hold the recurrent state for the faster",
        reference="criterion: three quarters of the way from chance to the ideal observer's last ten trials",
        conditions=tuple(Condition(f"trials.{task}.recurrent", "mean below", f"trials.{task}.maml") for task in TASKS),
    ),
    Claim(
        name="slow-weights-frozen",
        statement="evaluation changes no slow weight: problems are learned in copies, or in activity",
        paper="a task's parameters are computed from the initial ones (section 2.2)",
        reference="SHA-256 of each subject's weights before and after",
        conditions=(Condition("weights.unchanged", "every equals", 1.0),),
    ),
)
