"""Botvinick et al. (2019), the first source of slowness: adjustment in small steps, for large ones overwrite."""
