"""XML in and out: a bounded parser for untrusted bytes that accepts no document type and resolves nothing, and the schemas.

The schemas are our own subsets of the ISO 20022 message definitions: every valid message of the standard passes, parts that
are never read may hold anything, parts that are read are checked as the standard defines them.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from lxml import etree

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

PAIN_001 = "pain.001.001.09"
CAMT_053 = ("camt.053.001.02", "camt.053.001.04", "camt.053.001.08")
"""Statements of an account, in the versions that banks send."""
CAMT_054 = ("camt.054.001.02", "camt.054.001.04", "camt.054.001.08")
"""Notifications of single entries."""
MAXIMUM_BYTES = 16 * 1024 * 1024
MAXIMUM_DEPTH = 64


_STATUS = {"02": "Code", "04": "Code", "08": "StatusChoice"}
"""An entry's status by version: a code alone, or a choice of codes."""


def namespace(message: str) -> str:
    """The XML namespace of a message version, for example of ``pain.001.001.09``."""
    return f"urn:iso:std:iso:20022:tech:xsd:{message}"


def read_document(raw: bytes, *messages: str) -> etree._Element:
    """The root of one of these messages, accepted by its schema. Raises BankMessageRefused and nothing else."""
    if len(raw) > MAXIMUM_BYTES:
        raise BankMessageRefused(MessageProblem.TOO_LARGE, f"file of {len(raw)} bytes: at most {MAXIMUM_BYTES} are read")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BankMessageRefused(
            MessageProblem.ENCODING, f"byte {error.start} is not UTF-8; export the file as UTF-8"
        ) from error
    # The parser below reads these bytes as UTF-8 whatever they declare, so this search cannot be deceived.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BankMessageRefused(
            MessageProblem.DOCUMENT_TYPE, "the file declares a document type, which no bank message does"
        )
    try:
        root = etree.fromstring(text.encode(), _parser())
    except etree.XMLSyntaxError as error:
        raise BankMessageRefused(MessageProblem.NOT_XML, f"not well-formed XML: {error.msg}") from error
    _check_depth(root)
    message = next((each for each in messages if root.tag == f"{{{namespace(each)}}}Document"), None)
    if message is None:
        raise BankMessageRefused(
            MessageProblem.OTHER_MESSAGE,
            f"the file is {str(root.tag)[:100]}; expected a Document of {' or '.join(messages)}",
        )
    check_schema(root, message)
    return root


def report_tags(message: str) -> tuple[str, str]:
    """The element below Document and the element of one report in it, for a camt.053 or camt.054 message."""
    return ("BkToCstmrStmt", "Stmt") if message in CAMT_053 else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")


def check_schema(root: etree._Element, message: str) -> None:
    """Raises BankMessageRefused(SCHEMA) with the first rule that is broken."""
    try:
        _schema(message).assertValid(root)
    except etree.DocumentInvalid as error:
        raise BankMessageRefused(MessageProblem.SCHEMA, f"not a valid {message}: {str(error)[:300]}") from error


def new_document(message: str) -> etree._Element:
    """An empty root."""
    return etree.fromstring(f'<Document xmlns="{namespace(message)}"/>', _parser())


def write_document(root: etree._Element) -> bytes:
    """UTF-8 with a declaration and indentation. Equal trees give equal bytes."""
    etree.indent(root)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )


@cache
def _schema(message: str) -> etree.XMLSchema:
    is_report = message in (*CAMT_053, *CAMT_054)
    name = "camt.report.xsd" if is_report else f"{message}.xsd"
    text = files("relayer.iso20022").joinpath("schemas", name).read_text(encoding="utf-8")
    if is_report:
        root, report = report_tags(message)
        for placeholder, value in (
            ("MESSAGE", message),
            ("ROOT", root),
            ("REPORT", report),
            ("STATUS", _STATUS[message[-2:]]),
        ):
            text = text.replace(placeholder, value)
    return etree.XMLSchema(etree.fromstring(text.encode(), _parser()))


def _check_depth(root: etree._Element) -> None:
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAXIMUM_DEPTH:
            raise BankMessageRefused(MessageProblem.TOO_DEEP, f"elements are nested more than {MAXIMUM_DEPTH} deep")
