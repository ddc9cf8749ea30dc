"""The errors a user can meet. Each carries one sentence: what is wrong, where, and what to do."""


class PfcMetaRLError(Exception):
    """Base of every error this package raises on purpose.

    The command line prints its message as one line and ends with exit code 2.
    """


class ConfigurationError(PfcMetaRLError):
    """A setting is unknown, of the wrong type, or out of its range."""


class SettingError(ConfigurationError):
    """The value of a setting, or what settings say together, cannot be.

    Attributes
    ----------
    owner : name of the configuration.
    setting : its name within it, with a dot before a position; empty where settings contradict each other.
    problem : what is wrong, and what to do.
    """

    def __init__(self, owner: str, setting: str, problem: str) -> None:
        # All three, so that the error comes back whole from another process.
        super().__init__(owner, setting, problem)
        self.owner, self.setting, self.problem = owner, setting, problem

    def __str__(self) -> str:
        where = f"setting '{self.setting}' of {self.owner}" if self.setting else f"{self.owner}:"
        return f"{where} {self.problem}"


class UnknownNameError(PfcMetaRLError):
    """No study, task or network goes by the name that was given."""


class StoredFileError(PfcMetaRLError):
    """A file is missing, damaged, or was not written by this package."""


class TableError(PfcMetaRLError):
    """A table of trials lacks a column, or a row of it cannot be right."""


class ScorecardError(PfcMetaRLError):
    """A stored verdict no longer holds."""


class OutputError(PfcMetaRLError):
    """A result cannot be written where the user asked for it."""


class FrozenWeightsError(PfcMetaRLError):
    """Weights that must stay fixed have changed."""


class TrainingDivergedError(PfcMetaRLError):
    """The loss of a subject stopped being a finite number."""


class TrainingProcessError(PfcMetaRLError):
    """A process that trained a part of the subjects is gone."""
