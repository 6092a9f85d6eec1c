"""The command line: arguments to a command's function, errors to one sentence and an exit status. No logic lives here.

Everything heavy is imported inside a command, so `relayer --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from relayer.commands.arguments.groups import LateGroup, TopicGroup
from relayer.commands.arguments.options import RELAYER_FILE, Channel, Config, Json
from relayer.commands.form import form
from relayer.commands.reporting import reported

RELAYING = "Relaying"
LOOKING = "Looking"
EVIDENCE = "Evidence"
GROUPS = "Groups of commands"
DEVELOPMENT = "Development"


class RelayerGroup(TopicGroup):
    """All of the command line. What a group needs is loaded once it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, module, topic, help_text in (
            ("channel", "channel", GROUPS, "Channels: pairs of light clients on two ledgers."),
            ("facts", "facts", GROUPS, "Business facts on the contract ledger."),
            (
                "settlement",
                "settlement",
                GROUPS,
                "The settlement ledger: agreements, debts, netting, payments.",
            ),
            ("push", "push", GROUPS, "Claims that a business system pushes from its own database."),
            ("ledger", "ledger", GROUPS, "The embedded settlement ledger."),
            ("hub", "hub", GROUPS, "A hub: which packets it sends on, and through which client."),
            ("authority", "authority", GROUPS, "An authority that vouches for block hashes."),
            ("agent", "agent", GROUPS, "The settlement agent: activities of a contract become liabilities."),
            ("queue", "queue", GROUPS, "Facts that come through a message broker."),
        ):
            path = f"relayer.commands.arguments.{module}"
            self.commands[name] = LateGroup(name=name, module=path, help_text=help_text, topic=topic)
        for name, path, help_text in (
            ("devnet", "relayer.devnet.commands", "A development network in the background."),
            ("bench", "relayer.bench.commands", "Measurements: without a further word, those of the main job."),
        ):
            self.commands[name] = LateGroup(name=name, module=path, help_text=help_text, topic=DEVELOPMENT)


app = typer.Typer(
    name="relayer",
    cls=RelayerGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Carries business facts from an EVM ledger to a settlement ledger as IBC v2 packets with proofs, and brings the "
    "settlement references back.",
    epilog="Exit status: 0 done; 1 a check found something wrong; 2 wrong usage; 3 wrong configuration; 4 a ledger or an "
    "authority does not answer or refuses; 5 wrong input; 6 the journal is locked or damaged; 7 the output cannot be "
    "written; 70 a bug of this program; 130 interrupted.",
)


def main() -> None:
    """Runs it and ends the process: errors become one sentence, or JSON, and a documented status."""
    from relayer.commands.ending import run

    run(app)


def _show_version(wanted: bool) -> None:  # noqa: FBT001  (the framework's callback of a flag)
    if wanted:
        from importlib.metadata import version

        typer.echo(f"relayer {version('interledger-settlement-relayer')}")
        raise typer.Exit


@app.callback()
def relayer(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """The options of the command line itself."""


@app.command(rich_help_panel=RELAYING)
def init(folder: Annotated[Path, typer.Argument(help="Where to write the files.")] = Path(), json: Json = False) -> None:
    """Write commented examples of relayer.yaml, ledger.yaml, authority.yaml and settlement.json, and a relayer key."""
    from relayer.commands.init import write_examples

    with reported(form(json)):
        write_examples(folder)


@app.command(rich_help_panel=RELAYING)
def check(config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Ask every ledger, client, account and authority of the configuration; change nothing; explain each line."""
    from relayer.commands.check import check_everything

    check_everything(config, form(json))


@app.command(rich_help_panel=RELAYING)
def start(
    config: Config = RELAYER_FILE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Build the next submissions with their proofs, price them, and send nothing.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Write the log, an error, or what --dry-run finds, as JSON for a program to read.")
    ] = False,
) -> None:
    """Relay until SIGINT or SIGTERM."""
    if dry_run:
        from relayer.commands.rehearse import rehearse_start

        rehearse_start(config, form(json))
        return
    from relayer.commands.start import start_relayer

    start_relayer(config, form(json))


@app.command(rich_help_panel=LOOKING)
def status(config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Packets by state, and, if the relayer runs, its ledgers and the reason for anything that is stalled."""
    from relayer.commands.status import show_status

    show_status(config, form(json))


@app.command(rich_help_panel=LOOKING)
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


@app.command(rich_help_panel=LOOKING)
def explain(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence, as `packets` prints it, or the end of it.")],
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Say why a packet is where it is, what happened to it so far, and what would move it."""
    from relayer.commands.look import explain_packet

    explain_packet(config, packet, form(json))


@app.command(rich_help_panel=RELAYING)
def release(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence of a quarantined packet, or the end of it.")],
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Take a packet out of quarantine, so that it is tried again, by the running relayer if there is one."""
    from relayer.commands.release import release_packet

    with reported(form(json)):
        release_packet(config, packet)


@app.command(rich_help_panel=LOOKING)
def replay(
    journal: Annotated[Path | None, typer.Argument(help="A journal; without it, the configured one.")] = None,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Check a journal's chain of hashes and print every transition that it holds."""
    from relayer.commands.look import replay_journal

    replay_journal(config, journal, form(json))


@app.command("export", rich_help_panel=EVIDENCE)
def export_(
    packet: Annotated[str, typer.Argument(help="channel/source-ledger/sequence, as `packets` prints it, or the end of it.")],
    config: Config = RELAYER_FILE,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; it must not exist.")] = None,
    json: Json = False,
) -> None:
    """Write the life of a packet with headers, signatures and proofs into a file that anyone can verify offline."""
    from relayer.commands.evidence import export_packet

    with reported(form(json)):
        export_packet(config, packet, output)


@app.command(rich_help_panel=EVIDENCE)
def trust(
    output: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")] = Path("trust.json"),
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Write whom this relayer trusts to vouch for the ledgers of a channel: authorities and validators."""
    from relayer.commands.evidence import export_trust

    with reported(form(json)):
        export_trust(config, channel, output)


@app.command(rich_help_panel=EVIDENCE)
def verify(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.")],
    trusted: Annotated[
        list[Path], typer.Option("--trust", help="Whom you trust, as `trust` writes it. Repeat for the channel of each hop.")
    ],
    json: Json = False,
) -> None:
    """Check a packet's evidence offline, with nothing but the trusted authorities and validators. Status 1 if it fails."""
    from relayer.commands.verify import verify_evidence

    verify_evidence(file, trusted, form(json))


@app.command(rich_help_panel=LOOKING)
def schema(
    name: Annotated[str | None, typer.Argument(help="A command, such as 'settlement positions'; without it, all.")] = None,
    json: Annotated[bool, typer.Option("--json", help="A schema is JSON in any case; an error becomes JSON.")] = False,
) -> None:
    """Print the JSON Schema of what commands print with --json and of what the HTTP service answers."""
    from relayer.commands.schema import show_schema

    del json  # read where errors are reported
    show_schema(name)


@app.command(rich_help_panel=LOOKING)
def reconcile(
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    way: Annotated[
        list[str] | None,
        typer.Option("--way", help="interledger, pushed, queued or pulled; may be repeated. Without it, all."),
    ] = None,
    push: Annotated[
        list[Path] | None, typer.Option("--push", help="A push.yaml or push-service.yaml; may be repeated.")
    ] = None,
    queue: Annotated[Path | None, typer.Option("--queue", help="The queue.yaml.")] = None,
    agent: Annotated[Path | None, typer.Option("--agent", help="The agent.yaml.")] = None,
    json: Json = False,
) -> None:
    """Compare the books of every way in with the settlement ledger, claim by claim. Status 1 if they differ.

    The files of the other ways are found beside relayer.yaml; nothing is changed anywhere.
    """
    from relayer.commands.reconcile import ReconcileRequest, reconcile_channel

    request = ReconcileRequest(ways=tuple(way or ()), push=tuple(push or ()), queue=queue, agent=agent)
    reconcile_channel(config, channel, request, form(json))


@app.command(rich_help_panel=DEVELOPMENT)
def demo(
    keep: Annotated[Path | None, typer.Option(help="Keep everything in this new folder.")] = None,
    facts: Annotated[int, typer.Option(min=200, max=1_000, help="How many facts the operators issue.")] = 210,
    settlement: Annotated[str, typer.Option(help="embedded, or cosmos: a chain that is compiled first.")] = "embedded",
    ways: Annotated[bool, typer.Option("--ways", help="One business process by each way into settlement instead.")] = False,
    json: Json = False,
) -> None:
    """Run the main job on a development ledger, with a crash half-way, and count the result on both ledgers."""
    from relayer.devnet.checkout import require_checkout

    require_checkout("`relayer demo`")
    from relayer.demo import run_demo, run_ways_demo
    from relayer.devnet.network import settlement_kind

    if ways:
        raise typer.Exit(run_ways_demo(keep, form(json)))

    raise typer.Exit(run_demo(keep, facts, settlement_kind(settlement), form(json)))
