// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Limits, NewsStatus} from "../Codes.sol";

/// @title Decodes the news of a settlement ledger about its liabilities.
/// @notice The value of a `status-1` payload is `abi.encode(StatusPacketData)`, StatusPacketData being
/// (uint256 chainId, address contractAddress, StatusUpdate[] updates) and StatusUpdate
/// (bytes32 factId, bytes32 liabilityId, uint8 status, uint64 sequence, bytes32 reference, uint128 open): six words each,
/// 1 to 64 of them. Only the canonical layout is read.
/// @dev By hand, because a failing abi.decode reverts without a reason, which the router must take for a lack of gas: the
/// packet would stay unanswered until it times out.
library FactNews {
    uint256 private constant HEAD_LENGTH = 160;
    uint256 private constant UPDATE_LENGTH = 192;

    /// @param status SETTLED to CREDITED.
    /// @param sequence Entry in the settlement ledger's log, not 0.
    /// @param settlementReference What brought the change.
    /// @param open What is still open; 0 if settled.
    struct Update {
        bytes32 factId;
        bytes32 liabilityId;
        uint256 status;
        uint64 sequence;
        bytes32 settlementReference;
        uint128 open;
    }

    /// @notice The number of updates, or 0 if the value breaks the layout.
    function countOf(bytes calldata value) internal pure returns (uint256 count) {
        if (value.length < HEAD_LENGTH) return 0;
        count = _word(value, 128);
        bool isReadable = count <= Limits.MAXIMUM_UPDATES && value.length == HEAD_LENGTH + UPDATE_LENGTH * count
            && _word(value, 0) == 32 && _word(value, 96) == 96;
        if (!isReadable) return 0;
    }

    /// @notice Whose facts the news are about. Only for a value with a count.
    function subject(bytes calldata value) internal pure returns (uint256 chainId, uint256 contractAddress) {
        return (_word(value, 32), _word(value, 64));
    }

    /// @notice One update, and whether each of its fields can be. Only for an index below the count.
    function read(bytes calldata value, uint256 index) internal pure returns (bool isReadable, Update memory update) {
        uint256 cursor = HEAD_LENGTH + UPDATE_LENGTH * index;
        uint256 sequence = _word(value, cursor + 96);
        uint256 open = _word(value, cursor + 160);
        update.factId = bytes32(_word(value, cursor));
        update.liabilityId = bytes32(_word(value, cursor + 32));
        update.status = _word(value, cursor + 64);
        update.sequence = uint64(sequence);
        update.settlementReference = bytes32(_word(value, cursor + 128));
        update.open = uint128(open);
        isReadable = update.status >= NewsStatus.SETTLED && update.status <= NewsStatus.CREDITED && sequence != 0
            && sequence <= type(uint64).max && open <= type(uint128).max && (update.status != NewsStatus.SETTLED || open == 0);
    }

    function _word(bytes calldata data, uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, cursor))
        }
    }
}
