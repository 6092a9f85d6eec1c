"""`relayer channel plan-rotation` and `rotate-authorities`, and `relayer authority sign-rotation`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from relayer.app.authority import served_clients
from relayer.app.rotating import Rotation, plan_rotation
from relayer.app.rotating import rotate as rotate_it
from relayer.authority.consenting import consent_to, require_consentable
from relayer.authority.rotation import (
    Consent,
    RotationPlan,
    decode_consent,
    decode_plan,
    encode_consent,
    encode_plan,
)
from relayer.commands.output import done, doubting, say, step, write_file
from relayer.commands.reporting import show_change
from relayer.config.serving import load_authority
from relayer.errors import ConfigurationError, InvalidInput
from relayer.evidence.strict_json import hex_text
from relayer.keystore import open_keystore
from relayer.ports.capabilities import Voucher
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine

_REPEAT = "the rotation may be recorded; repeat the command with --dry-run, which says whether it was"
_MAXIMUM_FILE_BYTES = 1_000_000


def plan(config: Path, name: str | None, authorities: Sequence[str], threshold: int, output: Path) -> None:
    """`channel plan-rotation`."""
    successors = _engine(authorities, threshold)
    with step("reading the light client"):
        made, unready = asyncio.run(plan_rotation(config, name, successors))
    write_file(output, encode_plan(made))
    _show(made)
    _warn(unready)
    done(
        f"wrote {output}: rotation 0x{made.digest.hex()}. Each authority in force runs `relayer authority sign-rotation "
        f"{output.name}`; {made.before.threshold} consents are needed"
    )


def rotate(
    config: Path, name: str | None, plan_file: Path, consent_files: Sequence[Path], *, output: Path | None, dry_run: bool
) -> None:
    """`channel rotate-authorities`."""
    made = read_plan(plan_file)
    consents = [read_consent(each, made, plan_file) for each in consent_files]
    if output is not None and output.exists():
        raise InvalidInput(f"{output} exists already; remove it or name another file")
    with step("looking at the light client" if dry_run else "rotating"), doubting(_REPEAT) as begin:
        rotation = asyncio.run(rotate_it(config, name, made, consents, sending=None if dry_run else begin))
    _show(made)
    _warn(rotation.unready)
    if dry_run:
        done(f"would be accepted: rotation 0x{made.digest.hex()}; nothing was sent")
        return
    if output is not None:
        write_file(output, json.dumps(_evidence(rotation, consents), indent=2) + "\n")
        done(f"wrote {output}")
    done(
        f"{made.identity.client_id} on {made.identity.host_chain_id} trusts generation {made.generation}. Make the "
        "successors `authorities.members` in every relayer.yaml, and start the relayers again; then those who left may be "
        "switched off"
    )


def sign(plan_file: Path, settings_file: Path, output: Path | None, *, yes: bool) -> None:
    """`authority sign-rotation`."""
    made = read_plan(plan_file)
    settings = load_authority(settings_file)
    account = open_keystore(settings.keystore, settings.password.resolve())
    require_consentable(made, account=account, chain_id=settings.chain_id, clients=served_clients(settings))
    _show(made)
    _confirm(made, yes=yes)
    target = output or plan_file.with_name(f"{plan_file.name}.{account.address.lower()}")
    write_file(target, encode_consent(consent_to(made, account=account, record=settings.consents)), replace=True)
    done(f"wrote {target}: the consent of {account.address} to 0x{made.digest.hex()}; give it to the relayer's operator")


def read_plan(path: Path) -> RotationPlan:
    """Raises InvalidInput that names the file, and says where a plan comes from if the file is another one."""
    try:
        return decode_plan(_read(path))
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}; a plan is the file that `channel plan-rotation` writes") from error


def read_consent(path: Path, made: RotationPlan, plan_file: Path) -> Consent:
    """Raises InvalidInput that names the file, also for a consent to another plan, or of a key that has no say."""
    try:
        consent = decode_consent(_read(path))
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}; a consent is the file that `authority sign-rotation` writes") from error
    who = hex_text(consent.authority)
    if consent.digest != made.digest:
        raise InvalidInput(
            f"{path}: {who} consented to rotation 0x{consent.digest.hex()}, but {plan_file} is 0x{made.digest.hex()}: "
            f"an earlier plan, or that of another client. Let its operator sign {plan_file} (`authority sign-rotation`)."
            " An authority consents to one plan for each generation of a client, so only that one can be submitted"
        )
    if consent.authority not in made.before.authorities:
        raise InvalidInput(f"{path}: {who} is not one of the authorities that {plan_file} calls in force; leave it out")
    return consent


def _confirm(made: RotationPlan, *, yes: bool) -> None:
    question = f"Hand over to these authorities (0x{made.digest.hex()})?"
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{question} Answer with --yes, because there is no terminal to ask at")
    if not typer.confirm(question, err=True):
        raise ConfigurationError("the rotation was not consented to; nothing was signed")


def _show(made: RotationPlan) -> None:
    before, after = map(_columns, (made.before, made.after))
    show_change(
        f"{made.identity.client_id} on {made.identity.host_chain_id}, following chain {made.chain_id}",
        {"generation": str(made.generation - 1), **before},
        {"generation": str(made.generation), **after},
        right=False,
    )


def _columns(engine: AuthorityEngine) -> dict[str, str]:
    listed = " ".join(map(hex_text, engine.authorities))
    return {"threshold": f"{engine.threshold} of {len(engine.authorities)}", "authorities": listed}


def _warn(unready: Sequence[Voucher]) -> None:
    for each in unready:
        say(f"not ready: {each.name} {each.endpoint}: {each.error}")


def _evidence(rotation: Rotation, consents: Sequence[Consent]) -> dict[str, object]:
    """Plan, consents, and what the host had stored before and after: whoever reads it can verify each signature."""
    assert rotation.after is not None
    return {
        "plan": json.loads(encode_plan(rotation.plan)),
        "consents": [json.loads(encode_consent(each)) for each in consents],
        "client_message": hex_text(rotation.message),
        "client_state_before": hex_text(rotation.before.client_state),
        "client_state_after": hex_text(rotation.after.client_state),
        "transactions": list(rotation.transactions),
    }


def _engine(authorities: Sequence[str], threshold: int) -> AuthorityEngine:
    try:
        listed = sorted(bytes.fromhex(each.removeprefix("0x")) for each in authorities)
        engine = AuthorityEngine(threshold=threshold, authorities=tuple(listed))
        engine.check()
    except (ValueError, ProofError) as error:
        raise InvalidInput(f"the successors: {error}; name each as a 0x address, once") from error
    return engine


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(_MAXIMUM_FILE_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror})") from error
