"""Shapes and types of every call are checked while the tests run."""

from jaxtyping import install_import_hook

install_import_hook("pfc_metarl", "beartype.beartype")
