"""Learning by dopamine: rollouts, prediction errors, actor-critic loss and training."""
