"""What the others say of a gene: false discovery rates, shrinkage, rank by length, verdict, warnings.

What does not belong here: any model of a single gene.
"""

import numpy as np
import pandas as pd

from analytics.engine.arrays import FloatArray
from analytics.engine.multiplicity import benjamini_hochberg, shrink_normal
from analytics.scan.genes import GeneData, identical_gene_groups
from analytics.scan.models import reasons
from analytics.scan.settings import ScanSettings
from analytics.scan.verdicts import burden_verdicts, warnings
from analytics.verdicts.evidence import Family

FEWEST_OF_LIKE_LENGTH = 20


def across_genes(
    table: pd.DataFrame,
    genes: GeneData,
    settings: ScanSettings,
    primary_test: str,
    fdr_columns: dict[str, str],
    z_block: str,
) -> tuple[int, float]:
    """Add to the table what needs all genes; returns the size of the family and the SD of the true effects.

    fdr_columns: new column -> the p it adjusts. z_block: prefix of the columns z and reason by which genes are ranked
    among those of like coding length.
    """
    for name, source in fdr_columns.items():
        p: FloatArray = np.asarray(table[source], dtype=np.float64)
        table[name] = benjamini_hochberg(p, settings.family_size)
    primary = table[primary_test].astype(np.float64)
    table["primary_p"] = primary
    table["primary_q"] = benjamini_hochberg(np.asarray(primary, dtype=np.float64), settings.family_size)
    model = "adj" if primary_test.startswith("adj") else "uni"
    shrunken = shrink_normal(
        table[f"{model}_coef"].to_numpy(dtype=np.float64), table[f"{model}_se"].to_numpy(dtype=np.float64)
    )
    table["shrunken_coef"], table["shrunken_sd"] = shrunken.mean, shrunken.sd
    table["identical_group"] = identical_gene_groups(genes)
    table["coding_length_bp"] = genes.coding_length_bp
    for name, values in length_matched(table, settings.length_matched_genes, z_block).items():
        table[name] = values
    family_size = settings.family_size or int(primary.notna().sum())
    table["burden_verdict"] = burden_verdicts(table, Family(family_size, settings.alpha))
    table["warnings"] = warnings(table, settings)
    return family_size, shrunken.prior_sd


def length_matched(table: pd.DataFrame, n_matched: int, z_block: str = "logrank") -> dict[str, np.ndarray]:
    """Rank each gene's |z| (log-rank, Mantel-Haenszel) among the tested genes of most similar coding length.

    matched_genes: how many (the nearest `n_matched` in log length, the gene itself left out); matched_percentile:
    per cent of them with a smaller |z|, ties half; matched_p: share with one as large, the gene counted in.
    """
    z = np.abs(table[f"{z_block}_z"].to_numpy(dtype=np.float64))
    length = table["coding_length_bp"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(z) & (length > 0))
    size = np.zeros(len(z), dtype=np.int64)
    percentile, p = np.full(len(z), np.nan), np.full(len(z), np.nan)
    reason = np.full(len(z), None, dtype=object)
    reason[~np.isfinite(z)] = table[f"{z_block}_reason"].to_numpy(dtype=object)[~np.isfinite(z)]
    reason[np.isfinite(z) & ~(length > 0)] = reasons.NO_LENGTH
    if len(known) <= FEWEST_OF_LIKE_LENGTH:
        reason[known] = reasons.FEW_OF_LIKE_LENGTH.format(n=FEWEST_OF_LIKE_LENGTH)
    else:
        ordered = known[np.lexsort((known, length[known]))]
        width = min(n_matched, len(ordered) - 1) + 1
        log_length = np.log(length[ordered])
        for place, gene in enumerate(ordered):
            first = _nearest_window(log_length, place, width)
            window = z[ordered[first : first + width]]
            larger, equal = (window > z[gene]).sum(), (window == z[gene]).sum() - 1
            size[gene] = width - 1
            percentile[gene] = 100.0 * (width - 1 - larger - 0.5 * equal) / (width - 1)
            p[gene] = (1 + larger + equal) / width
    return {"matched_genes": size, "matched_percentile": percentile, "matched_p": p, "matched_reason": reason}


def _nearest_window(values: FloatArray, place: int, width: int) -> int:
    """Start of the `width` consecutive sorted values nearest to values[place], which is among them."""
    low = max(0, place - width + 1)
    high = min(place, len(values) - width)
    starts = np.arange(low, high + 1)
    farthest = np.maximum(values[place] - values[starts], values[starts + width - 1] - values[place])
    return int(starts[np.argmin(farthest)])
