"""Finn et al. (2017), section 5.3, 2-D navigation; and policy gradients beside a recurrent state in two tasks."""
