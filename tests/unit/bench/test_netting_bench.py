from __future__ import annotations

import pytest

from relayer.bench.netting import SolverName, chain_network, run, zipf_network
from relayer.errors import InvalidInput
from tests.support.outputs import output


def test_the_same_seed_gives_the_same_graph() -> None:
    graph = zipf_network(parties=200, seed=7)
    assert graph == zipf_network(parties=200, seed=7)
    assert graph.digest() != zipf_network(parties=200, seed=8).digest()
    assert 1_200 < len(graph.amounts) < 2_000


@pytest.mark.parametrize("parties", [-1, 0, 1, 2**17 + 1])
def test_sizes_out_of_range_are_refused(parties: int) -> None:
    assert len(zipf_network(parties=2, seed=1).parties) == 2
    with pytest.raises(InvalidInput, match="choose 2 to"):
        zipf_network(parties=parties, seed=1)


def test_every_solver_is_measured_and_all_clear_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    run(parties=[60], chain=40, seed=3, as_json=True)
    document = output("bench netting", capsys.readouterr().out)
    rows = document["rows"]
    graphs = {"zipf": zipf_network(parties=60, seed=3), "chain": chain_network(parties=40, seed=3)}
    assert [(row["graph"], row["solver"]) for row in rows] == [
        (graph, name.value) for graph in graphs for name in SolverName
    ]
    for graph in graphs:
        assert len({row["figures"]["cleared"] for row in rows if row["graph"] == graph}) == 1
    for row in rows:
        assert row["debts"] == len(graphs[row["graph"]].amounts)
        assert row["figures"]["solve_seconds"] > 0
        assert row["figures"]["peak_memory_mebibytes"] > 10
        assert 0 < row["figures"]["cleared_basis_points"] < 10_000


def test_the_table_has_a_line_for_each_solver(capsys: pytest.CaptureFixture[str]) -> None:
    run(parties=[2], chain=2, seed=3)
    text = capsys.readouterr().out
    assert all(name.value in text for name in SolverName)
