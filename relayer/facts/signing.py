"""Signed facts: what an issuer signs, so that a settlement ledger accepts its facts from whoever delivers them.

The signature is over EIP-712 typed data: the hashes of the facts in their order, what is stated beside them, and the
settlement ledger that they are for. So a request in which anything was changed, added or reordered is refused, and so is one
for another ledger. A signature has no time: it counts until its issuer's right ends. 65 bytes r || s || v, low s, v 27/28.

Everyone who signs and every ledger that checks shares this module: it needs no Ethereum library, no network and no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from coincurve import PrivateKey, PublicKey

from relayer.codes.limits import MAXIMUM_OBJECT_ID_BYTES, MAXIMUM_SIGNED_FACTS
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash
from relayer.facts.schema import Fact
from relayer.facts.ways import SIGNED_WAYS, Way
from relayer.facts.words import WORD, address, keccak256, number

ADDRESS_BYTES = 20
SIGNATURE_BYTES = 65
NO_RULES = b""
"""No file of rules: the amounts are the issuer's own."""

DOMAIN_NAME, DOMAIN_VERSION = "Interledger settlement", "1"
DOMAIN_TYPE = "EIP712Domain(string name,string version,bytes32 salt)"
FACTS_TYPE = (
    "Facts(string way,uint256 chainId,address contract,string system,bytes32 rules,bytes32[] factHashes,bytes32 objects)"
)

_SYSTEM_DOMAIN = b"interledger.system.v1\0"
_FACTS_TYPEHASH = keccak256(FACTS_TYPE.encode())
_DOMAIN_HEAD = keccak256(DOMAIN_TYPE.encode()) + keccak256(DOMAIN_NAME.encode()) + keccak256(DOMAIN_VERSION.encode())
_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_V_OFFSET = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFacts:
    """1 to 1,000 facts of one issuer with its signature for one settlement ledger. Raises InvalidInput for what no ledger
    takes; whether the signature holds is for `recover_issuer` to say."""

    way: Way
    """PUSHED or PULLED."""
    chain_id: int
    """EIP-155 id of the ledger that the issuer is registered for."""
    contract: bytes
    """The facts' contract, or `contract_of_system` for facts without a token."""
    issuer: bytes
    facts: tuple[Fact, ...]
    object_ids: tuple[str, ...] = ()
    """The business system's own ids of what the facts are about: none, or one for each fact."""
    system: str = ""
    """Name of the business system; empty: not stated."""
    rules: bytes = NO_RULES
    """32 bytes: hash of the file of rules that the amounts were calculated by; empty: by none."""
    signature: bytes

    def __post_init__(self) -> None:
        if self.way not in SIGNED_WAYS:
            raise InvalidInput(f"signed facts: they come by way {Way.PUSHED} or {Way.PULLED}, not {self.way}")
        if not 0 < self.chain_id < 1 << 256:
            raise InvalidInput("signed facts: expected a chain id above 0 that fits 256 bits")
        if len(self.contract) != ADDRESS_BYTES or len(self.issuer) != ADDRESS_BYTES:
            raise InvalidInput("signed facts: contract and issuer are addresses of 20 bytes")
        if not 1 <= len(self.facts) <= MAXIMUM_SIGNED_FACTS:
            raise InvalidInput(f"signed facts: expected 1 to {MAXIMUM_SIGNED_FACTS} facts, not {len(self.facts)}")
        if len(self.object_ids) not in {0, len(self.facts)}:
            raise InvalidInput(f"signed facts: {len(self.object_ids)} object ids for {len(self.facts)} facts")
        if max(len(text.encode()) for text in (self.system, *self.object_ids)) > MAXIMUM_OBJECT_ID_BYTES:
            raise InvalidInput(f"signed facts: the system or an object id has more than {MAXIMUM_OBJECT_ID_BYTES} bytes")
        if len(self.rules) not in {0, WORD}:
            raise InvalidInput(f"signed facts: the hash of the rules has {len(self.rules)} bytes, expected {WORD} or none")
        if self.rules == bytes(WORD):
            # It is signed as none is, so whoever delivers could make one of the other.
            raise InvalidInput("signed facts: the hash of the rules is zero; leave it out where no rules were used")

    def object_id(self, number: int) -> str:
        """Of the fact with this place among `facts`; empty: not stated."""
        return self.object_ids[number] if self.object_ids else ""


def ledger_identity(chain_id: str, genesis: bytes) -> bytes:
    """What tells a settlement ledger from every other one: the hash of its first block (32 bytes), then its chain id."""
    if len(genesis) != WORD or not chain_id:
        raise InvalidInput("a settlement ledger is identified by its chain id and the hash of its first block (32 bytes)")
    return genesis + chain_id.encode()


def checked_identity(identity: bytes) -> bytes:
    """The identity that a ledger has answered with. Raises InvalidInput if it is not one."""
    try:
        return ledger_identity(identity[WORD:].decode(), identity[:WORD])
    except UnicodeDecodeError as error:
        raise InvalidInput("the chain id in a settlement ledger's identity is not UTF-8") from error


def contract_of_system(system: str) -> bytes:
    """20 bytes in the place of a contract, for facts of a business system that have no token."""
    return keccak256(_SYSTEM_DOMAIN + system.encode())[-ADDRESS_BYTES:]


def issuer_of_key(key: bytes) -> bytes:
    """The address (20 bytes) of a secp256k1 key (32 bytes)."""
    return _address(PrivateKey(key).public_key)


def sign_facts(
    key: bytes,
    ledger: bytes,
    *,
    way: Way,
    chain_id: int,
    contract: bytes,
    facts: Sequence[Fact],
    object_ids: Sequence[str] = (),
    system: str = "",
    rules: bytes = NO_RULES,
) -> SignedFacts:
    """Signs for the settlement ledger whose identity is `ledger` (SettlementService.identity). Deterministic (RFC 6979).

    The fact ids must be made with the key's own address. Raises InvalidInput as SignedFacts does.
    """
    unsigned = SignedFacts(
        way=way,
        chain_id=chain_id,
        contract=contract,
        issuer=issuer_of_key(key),
        facts=tuple(facts),
        object_ids=tuple(object_ids),
        system=system,
        rules=rules,
        signature=b"",
    )
    signature = PrivateKey(key).sign_recoverable(signing_digest(ledger, unsigned), hasher=None)
    return replace(unsigned, signature=signature[:64] + bytes([signature[64] + _V_OFFSET]))


def signing_digest(ledger: bytes, signed: SignedFacts, *, fact_hashes: Sequence[bytes] = ()) -> bytes:
    """The 32 bytes that an issuer signs: EIP-712 over `FACTS_TYPE`, for the settlement ledger with this identity.

    `fact_hashes`: of all the facts, from whoever has computed them already.
    """
    domain = keccak256(_DOMAIN_HEAD + keccak256(ledger))
    words = (
        _FACTS_TYPEHASH,
        keccak256(signed.way.value.encode()),
        number(signed.chain_id),
        address(signed.contract),
        keccak256(signed.system.encode()),
        signed.rules or bytes(WORD),
        keccak256(b"".join(fact_hashes or map(fact_hash, signed.facts))),
        _objects(signed.object_ids),
    )
    return keccak256(b"\x19\x01" + domain + keccak256(b"".join(words)))


def recover_issuer(ledger: bytes, signed: SignedFacts, *, fact_hashes: Sequence[bytes] = ()) -> bytes:
    """The address (20 bytes) whose key made the signature: another one than `signed.issuer` if anything was changed, or if
    it is for another ledger. Raises InvalidInput for any form of a signature but the canonical one."""
    signature = signed.signature
    if len(signature) != SIGNATURE_BYTES:
        raise InvalidInput(f"a signature of {len(signature)} bytes, expected {SIGNATURE_BYTES}")
    if signature[64] not in {27, 28}:
        raise InvalidInput(f"a signature with v {signature[64]}, expected 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _CURVE_ORDER // 2:
        raise InvalidInput("a signature with high s; only low s is canonical")
    recoverable = signature[:64] + bytes([signature[64] - _V_OFFSET])
    digest = signing_digest(ledger, signed, fact_hashes=fact_hashes)
    try:
        return _address(PublicKey.from_signature_and_message(recoverable, digest, hasher=None))
    except ValueError as error:
        raise InvalidInput("no public key can be recovered from the signature") from error


def _objects(object_ids: Sequence[str]) -> bytes:
    """keccak256 over the hashes of the ids, as EIP-712 hashes a string[]; 32 zero bytes: none."""
    return keccak256(b"".join(keccak256(each.encode()) for each in object_ids)) if object_ids else bytes(WORD)


def _address(key: PublicKey) -> bytes:
    return keccak256(key.format(compressed=False)[1:])[-ADDRESS_BYTES:]
