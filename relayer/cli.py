"""The command line: arguments to a command's function, errors to one sentence and an exit status. No logic lives here.

Everything heavy is imported inside a command, so `relayer --help` answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from relayer.bench.commands import bench_app
from relayer.commands.form import form
from relayer.commands.settle import settle_app
from relayer.devnet.commands import devnet_app

app = typer.Typer(
    name="relayer",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Carries business facts from an EVM ledger to a settlement ledger as IBC v2 packets with proofs, and brings the "
    "settlement references back.",
    epilog="Exit status: 0 done; 1 a check found something wrong; 2 wrong usage; 3 wrong configuration; 4 a ledger or an "
    "authority does not answer or refuses; 5 wrong input; 6 the journal is locked or damaged; 70 a bug of this program.",
)
channel_app = typer.Typer(no_args_is_help=True, help="Channels: pairs of light clients on two ledgers.")
facts_app = typer.Typer(no_args_is_help=True, help="Business facts on the contract ledger.")
settlement_app = typer.Typer(no_args_is_help=True, help="Parties, agreements and positions on the settlement ledger.")
ledger_app = typer.Typer(no_args_is_help=True, help="The embedded settlement ledger.")
authority_app = typer.Typer(no_args_is_help=True, help="An authority that vouches for block hashes.")
for _name, _group in (
    ("channel", channel_app),
    ("facts", facts_app),
    ("settlement", settlement_app),
    ("settle", settle_app),
    ("ledger", ledger_app),
    ("authority", authority_app),
    ("devnet", devnet_app),
    ("bench", bench_app),
):
    app.add_typer(_group, name=_name)

Config = Annotated[Path, typer.Option("--config", "-c", envvar="RELAYER_CONFIG", help="The configuration file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Channel = Annotated[str | None, typer.Option("--channel", help="The channel; not needed if there is only one.")]
Keystore = Annotated[Path | None, typer.Option(help="Keystore of the issuer's key.")]
PasswordFile = Annotated[Path | None, typer.Option(help="File whose first line is the keystore's password.")]
KeyEnvironment = Annotated[str | None, typer.Option("--key-env", help="Environment variable that holds the issuer's key.")]
RELAYER_FILE = Path("relayer.yaml")
LEDGER_FILE = Path("ledger.yaml")
AUTHORITY_FILE = Path("authority.yaml")


def main() -> None:
    """Entry point. Expected errors become one sentence and a documented status, without a traceback."""
    from relayer.errors import InvariantBroken, RelayerError

    try:
        app()
    except InvariantBroken:
        raise
    except RelayerError as error:
        from relayer.commands.exits import exit_status

        try:
            typer.echo(f"relayer: {error}", err=True)
        except OSError:
            # The disk under the log is full as well. What waits in its buffer would change the exit status at the end.
            sys.stderr = None
        sys.exit(exit_status(error))


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Where to write the files.")] = Path()) -> None:
    """Write commented examples of relayer.yaml, ledger.yaml, authority.yaml and settlement.json, and a relayer key."""
    from relayer.commands.init import write_examples

    write_examples(folder)


@app.command()
def check(config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Ask every ledger, client, account and authority of the configuration; change nothing; explain each line."""
    from relayer.commands.check import check_everything

    check_everything(config, form(json))


@channel_app.command("open")
def channel_open(
    name: Annotated[str | None, typer.Argument(help="The channel.")] = None, config: Config = RELAYER_FILE
) -> None:
    """Deploy what is missing, create both light clients and pair them. May be repeated after an interruption."""
    from relayer.commands.channel import open_channel

    open_channel(config, name)


@channel_app.command("recover")
def channel_recover(
    name: Annotated[str | None, typer.Argument(help="The channel.")] = None, config: Config = RELAYER_FILE
) -> None:
    """Let expired or frozen light clients start again from what their ledger says now: you vouch that it is right."""
    from relayer.commands.channel import recover_channel

    recover_channel(config, name)


@app.command()
def start(
    config: Config = RELAYER_FILE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build the next submissions with their proofs, price them, and send nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="With --dry-run: print JSON for a program to read.")] = False,
) -> None:
    """Relay until SIGINT or SIGTERM."""
    if dry_run:
        from relayer.commands.rehearse import rehearse_start

        rehearse_start(config, form(json))
        return
    if json:
        raise typer.BadParameter("--json goes with --dry-run; a relayer's log has its form from the configuration")
    from relayer.commands.start import start_relayer

    start_relayer(config)


@app.command()
def status(config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Packets by state, and, if the relayer runs, its ledgers and why anything stands still."""
    from relayer.commands.look import show_status

    show_status(config, form(json))


@app.command()
def packets(
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    state: Annotated[str | None, typer.Option(help="Only packets in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 100,
    json: Json = False,
) -> None:
    """List packets from the journal, the newest first."""
    from relayer.commands.look import list_packets

    list_packets(config, channel, state, limit, form(json))


@app.command()
def explain(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence, as `packets` prints it.")],
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Say why a packet is where it is, what happened to it so far, and what would move it."""
    from relayer.commands.look import explain_packet

    explain_packet(config, packet, form(json))


@app.command()
def release(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence of a quarantined packet.")],
    config: Config = RELAYER_FILE,
) -> None:
    """Take a packet out of quarantine, so that it is tried again. The relayer must not run meanwhile."""
    from relayer.commands.look import release_packet

    release_packet(config, packet)


@app.command()
def replay(
    journal: Annotated[Path | None, typer.Argument(help="A journal; without it, the configured one.")] = None,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Check a journal's chain of hashes and print every transition that it holds."""
    from relayer.commands.look import replay_journal

    replay_journal(config, journal, form(json))


@app.command("export")
def export_(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence, as `packets` prints it.")],
    config: Config = RELAYER_FILE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; it must not exist.")] = None,
) -> None:
    """Write the life of a packet with headers, signatures and proofs into a file that anyone can verify offline."""
    from relayer.commands.evidence import export_packet

    export_packet(config, packet, output)


@app.command()
def trust(
    output: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")] = Path("trust.json"),
    config: Config = RELAYER_FILE,
    channel: Channel = None,
) -> None:
    """Write whom this relayer trusts to vouch for the ledgers of a channel: authorities and validators."""
    from relayer.commands.evidence import export_trust

    export_trust(config, channel, output)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.")],
    trusted: Annotated[Path, typer.Option("--trust", help="Whom you trust, as `trust` writes it.")],
    json: Json = False,
) -> None:
    """Check a packet's evidence offline, with nothing but the trusted authorities and validators. Status 1 if it fails."""
    from relayer.commands.evidence import verify_evidence

    verify_evidence(file, trusted, form(json))


@app.command()
def reconcile(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """Compare facts and liabilities hash by hash, read from the two ledgers. Status 1 if they differ."""
    from relayer.commands.reconcile import reconcile_channel

    reconcile_channel(config, channel, form(json))


@app.command()
def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep everything in this new folder.")] = None,
    facts: Annotated[int, typer.Option(min=200, max=1_000, help="How many facts the operators issue.")] = 210,
    settlement: Annotated[str, typer.Option(help="embedded, or cosmos: a chain that is compiled first.")] = "embedded",
) -> None:
    """Run the main job on a development ledger, with a crash half-way, and count the result on both ledgers."""
    from relayer.devnet.checkout import require_checkout

    require_checkout("`relayer demo`")
    from relayer.demo import run_demo
    from relayer.devnet.network import settlement_kind

    raise typer.Exit(run_demo(keep, facts, settlement_kind(settlement)))


@facts_app.command("mint")
def facts_mint(
    file: Annotated[Path, typer.Argument(help="A JSON list of facts; - reads standard input.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    json: Json = False,
) -> None:
    """Issue facts. They stay on the contract ledger until they are sent."""
    from relayer.commands.facts import mint_facts
    from relayer.commands.keys import IssuerKey

    issuer = IssuerKey(keystore=keystore, password_file=password_file, environment=key_env)
    mint_facts(config, channel, file, issuer, form(json))


@facts_app.command("send")
def facts_send(
    fact_ids: Annotated[list[str] | None, typer.Argument(help="Fact ids; without any, all that can be sent.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    timeout_seconds: Annotated[int | None, typer.Option(min=1, max=86_400)] = None,
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    key_env: KeyEnvironment = None,
    json: Json = False,
) -> None:
    """Send facts to the settlement ledger, up to 64 in a packet; facts that timed out are sent again the same way."""
    from relayer.commands.facts import send_facts
    from relayer.commands.keys import IssuerKey

    issuer = IssuerKey(keystore=keystore, password_file=password_file, environment=key_env)
    send_facts(config, channel, fact_ids or [], timeout_seconds=timeout_seconds, issuer=issuer, form=form(json))


@facts_app.command("show")
def facts_show(
    fact_id: Annotated[str | None, typer.Argument(help="One fact; without it, all.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Show facts with their state, and the settlement reference that stands with each."""
    from relayer.commands.facts import show_facts

    show_facts(config, channel, fact_id, form(json))


@settlement_app.command("apply")
def settlement_apply(
    file: Annotated[Path, typer.Argument(help="JSON with parties and agreements, as `init` writes it.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
) -> None:
    """Register parties on both ledgers, issuers on the contract ledger, agreements on the settlement ledger."""
    from relayer.commands.settlement import apply_file

    apply_file(config, channel, file)


@settlement_app.command("positions")
def settlement_positions(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """Payable, receivable and net per party and currency."""
    from relayer.commands.settlement import show_positions

    show_positions(config, channel, form(json))


@settlement_app.command("liabilities")
def settlement_liabilities(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """Every liability with the fact that it stands for."""
    from relayer.commands.settlement import show_liabilities

    show_liabilities(config, channel, form(json))


@ledger_app.command("init")
def ledger_init(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE) -> None:
    """Create the ledger that the file describes, with the operators' keys and the access token that are missing."""
    from relayer.commands.ledger import init_ledger

    init_ledger(settings)


@ledger_app.command("serve")
def ledger_serve(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE) -> None:
    """Serve the ledger over gRPC until SIGINT or SIGTERM."""
    from relayer.commands.ledger import serve_ledger

    serve_ledger(settings)


@ledger_app.command("verify")
def ledger_verify(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE, json: Json = False) -> None:
    """Check every block, signature, root and log entry of the ledger's file. It must not be served meanwhile."""
    from relayer.commands.ledger import verify_ledger

    verify_ledger(settings, form(json))


@authority_app.command("init")
def authority_init(settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE) -> None:
    """Create the key that the file names, and print its address."""
    from relayer.commands.authority import init_authority

    init_authority(settings)


@authority_app.command("serve")
def authority_serve(settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE) -> None:
    """Sign block hashes over gRPC until SIGINT or SIGTERM."""
    from relayer.commands.authority import serve_authority

    serve_authority(settings)
