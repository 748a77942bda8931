"""What carriers gain in months, for the genes whose hazards are not proportional.

What does not belong here: the estimator itself (`analytics.survival.restricted_mean`).
"""

import numpy as np
import pandas as pd

from analytics.errors import AnalysisError
from analytics.scan import reasons
from analytics.scan.survival_models import Group, unavailable
from analytics.survival.restricted_mean import restricted_mean_survival


def restricted_mean_block(group: Group, univariable: pd.DataFrame) -> pd.DataFrame:
    """Difference of restricted mean survival (months, carriers minus the others, without strata) up to the shorter of
    the two groups' follow-ups, for genes whose test of proportional hazards is below settings.alpha."""
    n_genes = len(group.genes)
    if group.is_weighted:
        return unavailable(n_genes, "rmst", reasons.WEIGHTED)
    fails = (univariable["ph_p"] < group.settings.alpha).to_numpy()
    untested = univariable["ph_p"].isna().to_numpy()
    words = reasons.word_where(~fails, reasons.PROPORTIONAL)
    words[untested] = univariable["ph_reason"].to_numpy(dtype=object)[untested]
    words = reasons.first_said(univariable["reason"].to_numpy(dtype=object), words)
    block = unavailable(n_genes, "rmst", words)
    frame, inside = group.frame, np.flatnonzero(group.evaluable)
    members = pd.DataFrame(
        {
            "time_months": frame.time_months[inside],
            "event": frame.event[inside],
            "entry_months": np.maximum(frame.entry_months[inside], 0.0),
        }
    )
    for place in np.flatnonzero(fails):
        members["is_mutated"] = np.isin(inside, group.data.carriers(int(group.genes[place])))
        try:
            means = restricted_mean_survival(members)
        except AnalysisError as exc:
            block.loc[place, "reason"] = str(exc)
            continue
        if means.difference is not None:
            gain = means.difference
            numbers = [gain.estimate, gain.ci_low, gain.ci_high, gain.p, means.tau_months]
            block.loc[place, list(block.columns[:-1])] = numbers
    return block
