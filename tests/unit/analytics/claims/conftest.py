"""Seeds of the published claims as the dbt project ships them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analytics.claims.model import (
    ClaimRelation,
    PublishedClaim,
    claims_from_frame,
    relations_from_frame,
)

CLAIMS = Path(__file__).parents[4] / "catalog" / "claims"


@pytest.fixture(scope="session")
def claims_frame() -> pd.DataFrame:
    return pd.read_csv(CLAIMS / "published_claims.csv", dtype={"printed_text": str})


@pytest.fixture(scope="session")
def relations_frame() -> pd.DataFrame:
    return pd.read_csv(CLAIMS / "published_claim_relations.csv")


@pytest.fixture(scope="session")
def requirements_frame() -> pd.DataFrame:
    return pd.read_csv(CLAIMS / "published_claim_requirements.csv")


@pytest.fixture(scope="session")
def published(claims_frame: pd.DataFrame) -> tuple[PublishedClaim, ...]:
    return claims_from_frame(claims_frame)


@pytest.fixture(scope="session")
def published_relations(relations_frame: pd.DataFrame) -> tuple[ClaimRelation, ...]:
    return relations_from_frame(relations_frame)
