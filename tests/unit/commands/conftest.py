"""What several files here look at and do not change."""

from __future__ import annotations

import pytest

from tests.support.books import Books, make_books


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """For dry runs and lists alone."""
    return make_books(tmp_path_factory.mktemp("books"))
