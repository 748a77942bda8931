"""The file of protein domains: what is shipped holds, and a broken one is refused with its key."""

from itertools import pairwise
from pathlib import Path

import pytest

from ingestion.errors import CatalogError
from warehouse.catalog.protein_domains import DOMAINS, load_protein


@pytest.mark.parametrize(("gene", "length"), [("ALK", 1620), ("IGF1R", 1367)])
def test_shipped_proteins_name_their_source_and_their_domains_do_not_overlap(gene: str, length: int) -> None:
    protein = load_protein(DOMAINS, gene)
    assert protein is not None
    assert protein.length == length
    assert "UniProt" in protein.citation
    ordered = sorted(protein.domains, key=lambda domain: domain.start)
    assert all(one.end < other.start for one, other in pairwise(ordered))


def test_a_gene_that_is_not_declared_has_no_protein() -> None:
    assert load_protein(DOMAINS, "NOT_A_GENE") is None


def test_a_broken_domain_is_refused_with_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "protein_domains.yaml"
    path.write_text(
        "proteins:\n  ALK:\n    accession: Q\n    citation: C\n    length: 10\n"
        "    domains: [{key: a, name: A, start: 5, end: 2}]\n",
        encoding="utf-8",
    )
    with pytest.raises(CatalogError, match=r"proteins\.ALK\.domains.*ends at 2, before it starts at 5"):
        load_protein(path, "ALK")
