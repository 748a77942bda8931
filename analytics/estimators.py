"""Every estimator of the project in one registry: tables, reports, figures, commands and docs read label, scale,
methods and source here. A room declares its own beside their functions; a new room is named below.
"""

from __future__ import annotations

from analytics.characteristics import estimate as characteristics
from analytics.comparison import estimators as comparison
from analytics.comutation import estimate as comutation
from analytics.enrichment import estimate as enrichment
from analytics.landscape import estimate as landscape
from analytics.meta import pooling
from analytics.meta import predictive as ratios
from analytics.prediction import estimators as prediction
from analytics.resistance import estimators as resistance
from analytics.response import estimate as response
from analytics.response import stratified_tables
from analytics.results.estimator import Estimator
from analytics.signatures import estimate as signatures
from analytics.survival import estimators as survival

_ROOMS = (
    survival, response, stratified_tables, pooling, ratios, characteristics, comparison, comutation, enrichment,
    landscape, signatures, resistance, prediction,
)  # fmt: skip

#: key -> estimator, in the order in which methods are told.
ESTIMATORS: dict[str, Estimator] = {
    estimator.key: estimator for room in _ROOMS for estimator in room.ESTIMATORS
}
