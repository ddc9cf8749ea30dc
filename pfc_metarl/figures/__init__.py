"""Drawing: panels take an axis and a table, and compute nothing."""
