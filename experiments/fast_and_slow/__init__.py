"""All kinds of fast learning side by side: what a new task takes, and what was paid for that beforehand."""
