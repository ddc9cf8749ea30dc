"""The benchmarks are not installed; appended, the repository does not hide the installed package."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
