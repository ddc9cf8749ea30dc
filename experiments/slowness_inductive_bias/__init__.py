"""Botvinick et al. (2019), the second source of slowness: a weak inductive bias."""
