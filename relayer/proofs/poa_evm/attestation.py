"""What authorities sign when a ledger does not seal its blocks: that the block of a number has a hash.

The digest binds the followed chain, the host (its chain id and first block) and the client, so that a signature is valid
for one client only. They vouch for a block hash and nothing else: everything else is proven from it. Signing two hashes for
one number is misbehaviour that anyone can prove. Signatures are 65 bytes r || s || v over the digest itself (no
EIP-191), low s, v 27 or 28. The same keys hand over to others by a digest of another kind.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from coincurve import PrivateKey, PublicKey

from relayer.codes.limits import MAXIMUM_AUTHORITIES
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ClientRefused, HeaderRefused, Refusal
from relayer.proofs.keccak import keccak256

AUTHORITY_TYPEHASH = keccak256(
    b"BlockAttestation(uint256 chainId,string hostChainId,bytes32 hostGenesis,string clientId,uint64 number,"
    b"bytes32 blockHash)"
)
ROTATION_TYPEHASH = keccak256(
    b"AuthorityRotation(uint256 chainId,string hostChainId,bytes32 hostGenesis,string clientId,uint64 generation,"
    b"uint32 threshold,address[] authorities)"
)
SIGNATURE_BYTES = 65
HASH_BYTES = 32

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_V_OFFSET = 27


def authority_digest(*, chain_id: int, identity: ClientIdentity, number: int, block_hash: bytes) -> bytes:
    """32 bytes: keccak256 of the ABI encoding of AUTHORITY_TYPEHASH and the six fields, texts as their hashes.

    Raises ClientRefused(PARAMETERS) for a host whose first block is not known.
    """
    return keccak256(AUTHORITY_TYPEHASH + _client_words(chain_id, identity) + _word(number) + block_hash)


def rotation_digest(
    *, chain_id: int, identity: ClientIdentity, generation: int, threshold: int, authorities: Sequence[bytes]
) -> bytes:
    """32 bytes, as `authority_digest`: what those in force sign to hand over to `authorities`."""
    listed = keccak256(b"".join(each.rjust(32, b"\0") for each in authorities))
    return keccak256(ROTATION_TYPEHASH + _client_words(chain_id, identity) + _word(generation) + _word(threshold) + listed)


def _client_words(chain_id: int, identity: ClientIdentity) -> bytes:
    if len(identity.host_genesis) != HASH_BYTES:
        raise ClientRefused(Refusal.PARAMETERS, "the host does not know the hash of its own first block")
    return (
        _word(chain_id)
        + keccak256(identity.host_chain_id.encode())
        + identity.host_genesis
        + keccak256(identity.client_id.encode())
    )


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def address_of_key(public_key: PublicKey) -> bytes:
    """20-byte Ethereum address of a secp256k1 key."""
    return keccak256(public_key.format(compressed=False)[1:])[12:]


def sign_digest(private_key: bytes, digest: bytes) -> bytes:
    """65 bytes r || s || v. Deterministic (RFC 6979), low s."""
    signature = PrivateKey(private_key).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([signature[64] + _V_OFFSET])


def recover_signer(digest: bytes, signature: bytes) -> bytes:
    """The 20-byte address that signed. Raises HeaderRefused(SIGNATURE) for any form but the canonical one."""
    if len(signature) != SIGNATURE_BYTES:
        raise HeaderRefused(Refusal.SIGNATURE, f"a signature of {len(signature)} bytes, expected {SIGNATURE_BYTES}")
    if signature[64] not in {27, 28}:
        raise HeaderRefused(Refusal.SIGNATURE, f"a signature with v {signature[64]}, expected 27 or 28")
    if int.from_bytes(signature[32:64], "big") > _CURVE_ORDER // 2:
        raise HeaderRefused(Refusal.SIGNATURE, "a signature with high s; only low s is canonical")
    recoverable = signature[:64] + bytes([signature[64] - _V_OFFSET])
    try:
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError as error:
        raise HeaderRefused(Refusal.SIGNATURE, "no public key can be recovered from the signature") from error
    return address_of_key(key)


def check_quorum(
    digest: bytes, signatures: Sequence[bytes], *, authorities: Collection[bytes], threshold: int
) -> frozenset[bytes]:
    """The signers, if at least `threshold` distinct authorities signed and no other key did.

    Every signature must be valid, including those beyond the threshold. Raises HeaderRefused(SIGNATURE, UNKNOWN_SIGNER,
    DOUBLE_VOTE, THRESHOLD, LIMIT).
    """
    if len(signatures) > MAXIMUM_AUTHORITIES:
        raise HeaderRefused(Refusal.LIMIT, f"{len(signatures)} signatures, at most {MAXIMUM_AUTHORITIES}")
    if len(signatures) < threshold:
        raise HeaderRefused(Refusal.THRESHOLD, f"{len(signatures)} signatures, the threshold is {threshold}")
    signers: set[bytes] = set()
    for signature in signatures:
        signer = recover_signer(digest, signature)
        if signer not in authorities:
            raise HeaderRefused(Refusal.UNKNOWN_SIGNER, f"0x{signer.hex()} is not an authority of this client")
        if signer in signers:
            raise HeaderRefused(Refusal.DOUBLE_VOTE, f"0x{signer.hex()} signed twice")
        signers.add(signer)
    return frozenset(signers)
