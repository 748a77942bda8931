"""What speaks against believing a gene's result: one finding a guard, a verdict in fixed words and a sentence.

The guards are those of the field's traps: proportional hazards, sparse events, overlap of people, origin of time,
immortal time, heterogeneity across cohorts, prognostic against predictive, mutation burden. Scan, gene report and
dossier say the same because they all ask here. Estimators are in `survival`, `meta` and `scan`; which rows are
members is decided in `questions.selection`.
"""

from analytics.guards.finding import VERDICTS, Exposure, Finding
from analytics.guards.judged import guard_findings
from analytics.guards.people import people_findings
from analytics.guards.responses import response_findings

__all__ = ["VERDICTS", "Exposure", "Finding", "guard_findings", "people_findings", "response_findings"]
