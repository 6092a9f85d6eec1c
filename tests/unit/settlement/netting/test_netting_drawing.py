from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from relayer.settlement.netting.debts import PartyId, Unit
from relayer.settlement.netting.drawing import MAXIMUM_DRAWN_PARTIES, draw, format_amount
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.modes import net_bilateral, net_cycle, net_hub

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str, style: str) -> list[str]:
    return [node.text or "" for node in ET.fromstring(picture).iter(f"{SVG}text") if node.get("class") == style]


def test_each_debt_is_an_arrow_with_its_amount(scenario) -> None:
    picture = draw(net_cycle(scenario), names={PartyId(b"NBM"): "Nordbahn <&>"})
    arrows = [node for node in ET.fromstring(picture).iter(f"{SVG}path") if node.get("class") == "e"]
    assert len(arrows) == 19 + 10
    assert len(texts(picture, "a")) == 19 + 10
    assert "21,927.54" in texts(picture, "a")
    assert texts(picture, "n").count("Nordbahn <&>") == 2
    assert texts(picture, "p").count("34,100.00") == 2, "a net position is the same on both sides"
    assert texts(picture, "s") == ["131,406.25 EUR in 19 debts", "56,800.49 EUR in 10; 56.77 % cleared"]


@pytest.mark.parametrize("text", ["", "A B 1", "A B 5 B A 5", "A B 1 B C 1 C A 9"])
def test_small_networks_are_drawn_in_every_mode(parse, text: str) -> None:
    network = parse(text)
    for result in (net_bilateral(network), net_cycle(network), net_hub(network, consents=frozenset(network.parties))):
        assert ET.fromstring(draw(result, names={})).tag == f"{SVG}svg"


def test_the_same_result_gives_the_same_picture(scenario) -> None:
    assert draw(net_cycle(scenario), names={}) == draw(net_cycle(scenario), names={})


def test_too_many_parties_are_refused(parse) -> None:
    largest = parse(" ".join(f"hub P{n} 1" for n in range(MAXIMUM_DRAWN_PARTIES - 1)))
    assert draw(net_cycle(largest), names={})
    with pytest.raises(NettingRefused) as refused:
        draw(net_cycle(parse(" ".join(f"hub P{n} 1" for n in range(MAXIMUM_DRAWN_PARTIES)))), names={})
    assert refused.value.code is NettingCode.TOO_MANY


@pytest.mark.parametrize(
    ("amount", "exponent", "written"),
    [(0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (13_140_625, 2, "131,406.25"), (1234, 0, "1,234"), (1, 3, "0.001")],
)
def test_amounts_are_written_in_the_unit(amount: int, exponent: int, written: str) -> None:
    assert format_amount(amount, Unit(currency="EUR", exponent=exponent)) == written
