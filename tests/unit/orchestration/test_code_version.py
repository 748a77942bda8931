"""What version the code behind an asset has."""

import pytest

from orchestration.assets.provenance import code_version


def test_a_place_without_code_is_an_error_and_not_a_version() -> None:
    with pytest.raises(FileNotFoundError, match=r"analytics/no_such_room"):
        code_version("analytics/no_such_room")
