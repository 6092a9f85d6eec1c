"""PURE: the life of one packet as a file that anyone can verify offline, years later, trusting no relayer and no node.

A file is JSON, UTF-8, bytes as lower-case hex with 0x, every field required and no other allowed:

- ``format`` "interledger-evidence", ``version`` 1
- ``source``, ``destination``: the two ledgers, each ``chain_id`` (text) and ``client_type`` ("poa-evm" or "07-tendermint":
  the light client by which others follow that ledger)
- ``packet``: ``sequence``, ``source_client``, ``destination_client``, ``timeout_timestamp`` (unix seconds) and ``payload``
  with ``source_port``, ``destination_port``, ``version``, ``encoding``, ``value``
- ``acknowledgement``: the application's answer, or null
- ``statements``: what is proven, in the order of the packet's life. Each has a ``claim`` (see model.Claim), the ``height``
  whose header proves it, the ``header`` as the light client takes it (with its signatures), and the ``proof``

A forwarded packet's file has ``format`` "interledger-evidence-hops", ``version`` 1 and ``hops``, 1 to 16 of these documents,
the first hop first. What ties them is checked: the ledgers follow each other, the payload is the same byte for byte, and
each hop has less time than the one before it.

A trust file states what the reader trusts: format "interledger-trust", see trust.py. Nothing here may read a
clock, a file or a network, and nothing in an evidence file may add to what is trusted.
"""
