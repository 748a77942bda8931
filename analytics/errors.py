"""Typed errors of `analytics`; each message is one sentence with what, where and the remedy.

Belongs here: error classes and nothing else.
Does not belong here: warnings (they travel inside results) and errors of reading files or tables.
"""


class AnalysisError(ValueError):
    """A statistic cannot be computed from the data it was given."""


class MissingColumnError(AnalysisError):
    """A column that the analysis names is not in the frame."""


class InvalidColumnError(AnalysisError):
    """A column holds values that its role does not allow: text as time, a third value in a yes/no."""


class InvalidSettingError(AnalysisError):
    """An argument is outside what the method allows: unknown tie method, tau beyond follow-up."""


class NoRowsError(AnalysisError):
    """No row is left to analyse."""


class NoEventsError(AnalysisError):
    """Nobody had the event."""


class EmptyGroupError(AnalysisError):
    """A group that is to be compared has nobody in it."""


class ConstantCovariateError(AnalysisError):
    """A covariate does not vary where it would have to, so it has no estimable effect."""


class TooFewError(AnalysisError):
    """There are rows or events, but fewer than the method needs."""


class NotConvergedError(AnalysisError):
    """An iterative fit did not reach its maximum."""
