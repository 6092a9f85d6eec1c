// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FactCode, FactStatus} from "../Codes.sol";

/// @title Reads a settlement ledger's answers without ever reverting.
/// @notice An acknowledgement is `abi.encode(FactAnswer[])`, FactAnswer being
/// (uint8 status, bytes32 liabilityId, uint64 sequence, bytes32 headHash, uint16 code): five words each, in the order
/// of the packet's facts.
/// @dev A revert in an acknowledgement's callback would leave the packet open for ever, because the ledger on the other
/// side can write no second acknowledgement. So what cannot be read becomes a code of its own.
library FactAnswers {
    uint256 private constant ANSWER_LENGTH = 160;

    struct Answer {
        bool isAccepted;
        uint16 code;
        uint64 sequence;
        bytes32 liabilityId;
        bytes32 headHash;
    }

    /// @notice Whether the bytes hold exactly `count` answers.
    function isReadable(bytes calldata acknowledgement, uint256 count) internal pure returns (bool) {
        return acknowledgement.length == 64 + ANSWER_LENGTH * count && _word(acknowledgement, 0) == 32
            && _word(acknowledgement, 32) == count;
    }

    /// @notice One answer of readable bytes; an impossible one comes back as rejected with FactCode.UNREADABLE.
    /// What the settlement ledger did must then be looked up before a new fact is minted in this one's place.
    function read(bytes calldata acknowledgement, uint256 index) internal pure returns (Answer memory answer) {
        uint256 cursor = 64 + ANSWER_LENGTH * index;
        uint256 status = _word(acknowledgement, cursor);
        uint256 sequence = _word(acknowledgement, cursor + 64);
        uint256 code = _word(acknowledgement, cursor + 128);
        bool isAccepted =
            status == FactStatus.ACCEPTED && code <= FactCode.DUPLICATE && sequence != 0 && sequence <= type(uint64).max;
        bool isRejected = status == FactStatus.REJECTED && code > FactCode.DUPLICATE && code < FactCode.UNREADABLE;
        if (!isAccepted && !isRejected) {
            answer.code = FactCode.UNREADABLE;
            return answer;
        }
        answer.isAccepted = isAccepted;
        answer.code = uint16(code);
        if (isAccepted) {
            answer.sequence = uint64(sequence);
            answer.liabilityId = bytes32(_word(acknowledgement, cursor + 32));
            answer.headHash = bytes32(_word(acknowledgement, cursor + 96));
        }
    }

    function _word(bytes calldata data, uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(data.offset, cursor))
        }
    }
}
