"""The dominant mutational process of a sample, from its exposures to signatures.

Belongs here: which signature is whose trace, and which process made most of a sample's mutations. Does not belong here:
fitting exposures (`samples.py`), and drawing carriers within processes (`analytics.scan`).
"""

from __future__ import annotations

import pandas as pd

#: Aetiologies as COSMIC 3.4 gives them (cancer.sanger.ac.uk/signatures/sbs); what is not here is "other".
SIGNATURES_OF_PROCESS: dict[str, tuple[str, ...]] = {
    "ultraviolet": ("SBS7a", "SBS7b", "SBS7c", "SBS7d", "SBS38"),
    "smoking": ("SBS4", "SBS92"),
    "apobec": ("SBS2", "SBS13"),
    "mismatch repair": ("SBS6", "SBS15", "SBS21", "SBS26", "SBS44"),
    "polymerase": ("SBS10a", "SBS10b", "SBS10c", "SBS10d", "SBS14", "SBS20", "SBS28"),
}
OTHER = "other"
_PROCESS_OF = {signature: process for process, names in SIGNATURES_OF_PROCESS.items() for signature in names}


def dominant_process(exposures: pd.DataFrame) -> pd.Series:
    """The process with most mutations of each sample; ageing and what has no known cause are together "other".

    exposures : one row a sample and signature, columns ``sample``, ``signature``, ``exposure`` (mutations, 0 or more).
    Returns words indexed by sample. A sample without a mutation that is explained is not in the result; of processes
    with equally many the first by name is taken.
    """
    named = exposures.assign(process=exposures["signature"].map(_PROCESS_OF).fillna(OTHER))
    summed = named.groupby(["sample", "process"], sort=True)["exposure"].sum().unstack(fill_value=0.0)
    if summed.empty:
        return pd.Series([], index=pd.Index([], name="sample"), dtype=object)
    explained = summed[summed.sum(axis=1) > 0]
    return explained.idxmax(axis=1).astype(object).rename("mutational_process")
