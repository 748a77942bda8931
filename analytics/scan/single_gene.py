"""One gene with everything that a scan says of it, and its rank among genes of like coding length.

What does not belong here: choosing the people, words for a reader (`analytics.guards`).
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.engine.cox.risk_table import build_risk_table
from analytics.engine.lanes.carriers import carriers_in_rows
from analytics.scan.across_genes import length_matched
from analytics.scan.frame import PatientFrame, ScanInputError
from analytics.scan.genes import GeneData, gene_groups
from analytics.scan.models.survival import Group, log_rank_block, reasons_before_fitting
from analytics.scan.settings import ScanSettings
from analytics.scan.survival_scan import scan_survival


def only_gene(genes: GeneData, name: str) -> GeneData:
    """The data of one gene. Raises ScanInputError when there is no such gene."""
    if name not in genes.names:
        raise ScanInputError(f"Gene {name} is not among the {genes.n_genes:,} genes that anybody carries.")
    g = genes.names.index(name)
    inside = slice(int(genes.start[g]), int(genes.start[g + 1]))
    doubts = genes.undetermined(g)
    return GeneData(
        names=(name,),
        start=np.asarray([0, inside.stop - inside.start], dtype=np.int64),
        patient=genes.patient[inside],
        own_burden=genes.own_burden[inside],
        covered=genes.covered[:, g : g + 1],
        coding_length_bp=genes.coding_length_bp[g : g + 1],
        doubt_start=np.asarray([0, len(doubts)], dtype=np.int64),
        doubt_patient=doubts,
    )


def scan_one_gene(
    frame: PatientFrame, genes: GeneData, name: str, settings: ScanSettings | None = None
) -> pd.Series:
    """The row of `name` in a survival scan that has this one hypothesis (columns of `SURVIVAL_COLUMNS`).

    frame: n patients; genes: G genes, of which the others serve as the matched set only: the tested genes of most
    similar coding length over the same patients. The verdict is that of a family of one; a gene that was picked from
    a scan has the scan's own verdict beside it. Raises ScanInputError when nobody carries the gene.
    """
    settings = replace(settings or ScanSettings(), family_size=1)
    row = scan_survival(frame, only_gene(genes, name), settings).table.iloc[0].copy()
    ranked = length_matched(log_rank_of_all(frame, genes, settings), settings.length_matched_genes)
    g = genes.names.index(name)
    for column, values in ranked.items():
        row[column] = values[g]
    return row


def log_rank_of_all(frame: PatientFrame, genes: GeneData, settings: ScanSettings) -> pd.DataFrame:
    """(G,) rows with logrank_z, logrank_reason and coding_length_bp: the log-rank test of every gene, nothing else."""
    parts = []
    for alike in gene_groups(frame, genes):
        members = alike.genes
        group = Group(frame, genes, members, alike.judged, settings)
        if not group.evaluable.any():
            continue
        table = build_risk_table(frame, group.evaluable)
        carriers = carriers_in_rows(table, genes, members, frame.event, settings.n_threads)
        before = reasons_before_fitting(table, carriers, settings.min_carriers)
        parts.append(log_rank_block(group, table, carriers, before).set_axis(members, axis=0))
    if not parts:
        raise ScanInputError(
            "Nobody has what the scan needs: follow-up, a stratum and a panel that covers a gene."
        )
    found = pd.concat(parts).sort_index().reindex(range(genes.n_genes)).add_prefix("logrank_")
    return found.assign(coding_length_bp=genes.coding_length_bp)
