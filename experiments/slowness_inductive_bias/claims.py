"""Claims about inductive bias and the rules that decide them, fixed before the run.

A ratio is the number of examples that a learner needs over the number that the true family needs. Where a learner does
not get there with the most examples tried, that number is taken, so that its ratio is a lower bound.

Networks are asked for a ratio of two, because that is what a family with twice the parameters costs by closed form:
the cubic, the weakest of the families that hold the truth. A network takes less for granted than a cubic, so it must
need more. A spline finds out how smooth the world is and may come near the right family; it must only need more.

A wave may look like a parabola, if its phase makes it even. What a parabola then leaves of it is at least .038 times
its squared amplitude, so that no subject can come to the criterion; ten times the criterion is asked for on average.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

from .config import COMPARED, CRITERION
from .learners import NETWORKS

CLAIMS = (
    Claim(
        name="a-right-strong-bias-is-fast",
        statement="every neural network needs at least twice the examples of the right family, and the spline more too",
        paper="a strong inductive bias that is right speeds up learning (Botvinick et al. 2019)",
        reference="expected of the right family 2 x noise² / criterion = 18 examples; equal 1",
        conditions=(
            *(Condition(f"ratio.parabola.{network}", "interval above", 2.0) for network in NETWORKS),
            Condition("ratio.parabola.spline", "interval above", 1.0),
        ),
    ),
    Claim(
        name="bias-is-traded-for-variance",
        statement="a weak bias costs variance, and a wrong strong one costs bias",
        paper="bias-variance trade-off (Botvinick et al. 2019; Geman et al. 1992)",
        reference="equal 1; expected variance of the right family with n examples 2 x noise² / n",
        conditions=(
            Condition(f"variance.net-64-over-parabola.{COMPARED}-examples", "interval above", 1.0),
            Condition(f"bias.line-minus-net-64.{COMPARED}-examples", "interval above", 0.0),
        ),
    ),
    Claim(
        name="a-wrong-strong-bias-fails",
        statement="on waves the parabola stays ten times as far off as the criterion; spline and largest network learn",
        paper="a wrong bias makes the solution unreachable (Botvinick et al. 2019)",
        reference="criterion .01; error of the best parabola at least .038, on average .63",
        conditions=(
            Condition("error.wave.parabola", "every above", CRITERION),
            Condition("error.wave.parabola", "mean above", 10 * CRITERION),
            Condition("error.wave.spline", "mean below", CRITERION),
            Condition("error.wave.net-64", "mean below", CRITERION),
        ),
    ),
    Claim(
        name="each-world-has-its-own-best",
        statement="where waves are to be learned, the family of waves needs fewer examples than spline and networks",
        paper="which bias is right depends on the world (Botvinick et al. 2019)",
        reference="equal 1",
        conditions=tuple(
            Condition(f"ratio.wave.{learner}", "interval above", 1.0) for learner in ("spline", *NETWORKS)
        ),
    ),
)
