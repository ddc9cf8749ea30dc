"""Claims about sinusoid regression and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

CLAIMS = (
    Claim(
        name="maml-learns-from-five",
        statement="MAML's error with 5 examples after 1, 5 and 10 gradient steps is at most .80, .45 and .40",
        paper=".67, .38 and .35",
        reference="predicting zero 4.2; networks without training with a tuned step size, as measured",
        conditions=(
            Condition("error.maml.5-shot.1-step", "mean at most", 0.80),
            Condition("error.maml.5-shot.5-step", "mean at most", 0.45),
            Condition("error.maml.5-shot.10-step", "mean at most", 0.40),
        ),
    ),
    Claim(
        name="pretraining-does-not",
        statement="a network trained on all tasks and then fine-tuned stays above 2 with 5 examples",
        paper="2.41, 2.23 and 2.19 after 1, 5 and 10 steps of a tuned size",
        reference="predicting zero 4.2",
        conditions=tuple(Condition(f"error.pretrained.5-shot.{steps}-step", "mean above", 2.0) for steps in (1, 5, 10)),
    ),
    Claim(
        name="maml-goes-on-improving",
        statement="trained for one gradient step, MAML gains from the nine that follow",
        paper="continues to improve with additional gradient steps (Fig. 3)",
        reference="no gain 0",
        conditions=tuple(Condition(f"gain.maml.{shots}-shot", "interval above", 0.0) for shots in (5, 10, 20)),
    ),
    Claim(
        name="slow-weights-frozen",
        statement="evaluation changes no slow weight: tasks are learned in copies, or in activity",
        paper="a task's parameters are computed from the initial ones (section 2.2)",
        reference="SHA-256 of each subject's weights before and after",
        conditions=(Condition("weights.unchanged", "every equals", 1.0),),
    ),
)
