"""Wang et al. (2018), Fig. 6: learning to learn, Harlow's task from pixels."""
