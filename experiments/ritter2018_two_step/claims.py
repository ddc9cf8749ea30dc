"""Claims about the two-step task with reminders and the rules that decide them, fixed before the run.

An interaction is that of reward and transition on the probability of staying, between -2 and 2. Parts: `uncued` and
`cued` trials, after the trial before; and `called-back`, cued trials after the trial that their cue calls back.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

# Half of what is possible: without an influence, none can be taken away.
SOMETHING_TO_LOSE = Condition("interaction.called-back.episodic", "mean at least", 1.0)

CLAIMS = (
    Claim(
        name="incremental-model-based",
        statement="without cues staying depends on reward and transition together, and less on reward alone",
        paper="incremental uncued: reward x transition interaction",
        reference="Bayes' rule, which here follows the last outcome: interaction 2, reward effect 0; untrained 0",
        conditions=(
            Condition("above-zero.uncued.episodic", "every equals", 1.0),
            Condition("reward-effect-minus-interaction.uncued.episodic", "every below", 0.0),
        ),
    ),
    Claim(
        name="episodic-model-based",
        statement="with a cue so does staying with the choice of the trial that is called back; not in plain networks",
        paper="episodic: reward x transition interaction",
        reference="perfect memory 2; plain LSTM, which cannot know it, 0",
        conditions=(
            Condition("above-zero.called-back.episodic", "every equals", 1.0),
            Condition("reward-effect-minus-interaction.called-back.episodic", "every below", 0.0),
            Condition("interaction.called-back.plain", "mean at most", 0.1),
        ),
    ),
    Claim(
        name="cue-replaces-last-trial",
        statement="with a cue the last trial's influence is at most half of what it is without; by what is recalled",
        paper="incremental cued: attenuated, since agents rely on the cue",
        reference="perfect memory 0; Bayes' rule without memory .8, as outcomes that come back tell nothing",
        conditions=(
            Condition("interaction.cued.episodic", "mean at most", "interaction.uncued.episodic.half"),
            Condition("cued.episodic-minus-gate-closed", "every below", 0.0),
        ),
    ),
    Claim(
        name="more-reward",
        statement="with cues the episodic network earns more than the plain one, and most of what memory is worth",
        paper="the episodic agent gets more reward",
        reference="perfect memory .80, none .70, in the same episodes; chance .5",
        conditions=(
            Condition("reward.cued.episodic-minus-plain", "interval above", 0.0),
            Condition("reward.cued.episodic", "mean at least", "reward.cued.midway"),
        ),
    ),
    Claim(
        name="learns-faster",
        statement="half way through its training it earns more than the plain network does at the end",
        paper="the episodic agent learns faster",
        reference="as slow as the plain network: below 0",
        conditions=(Condition("lead.halfway", "interval above", 0.0),),
    ),
    Claim(
        name="uncued-reward",
        statement="without cues both networks earn nearly what the Bayes filter does",
        paper="not given",
        reference="good state known .82, Bayes filter .703, chance .5",
        conditions=(
            Condition("reward.uncued.episodic", "mean at least", 0.68),
            Condition("reward.uncued.plain", "mean at least", 0.68),
        ),
    ),
    Claim(
        name="gate-closed",
        statement="with the reinstatement gate closed at most a tenth of the called-back interaction is left",
        paper="the control without memory has its gate at 0",
        reference="no use of memory: 0",
        conditions=(
            SOMETHING_TO_LOSE,
            Condition("interaction.called-back.gate-closed", "mean at most", "interaction.called-back.episodic.tenth"),
        ),
    ),
    Claim(
        name="keys-shuffled",
        statement="with states recalled under the wrong keys at most a tenth of the called-back interaction is left",
        paper="what is reinstated belongs to the cue",
        reference="no use of memory: 0",
        conditions=(
            SOMETHING_TO_LOSE,
            Condition(
                "interaction.called-back.keys-shuffled", "mean at most", "interaction.called-back.episodic.tenth"
            ),
        ),
    ),
    WEIGHTS_FROZEN,
)
