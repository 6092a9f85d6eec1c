// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Rules for chosen identifiers (ICS-24).
library Identifiers {
    /// @dev ASCII a-z A-Z 0-9 . _ + - # [ ] < > as one bit a character.
    uint256 private constant ALLOWED = 0x7fffffeaffffffe53ff680800000000;

    /// @notice 4 to 128 characters of the ICS-24 alphabet, not of the forms that are given out by counting.
    function isValidCustom(bytes memory id) internal pure returns (bool) {
        if (id.length < 4 || id.length > 128) return false;
        if (_startsWith(id, "client-") || _startsWith(id, "channel-")) return false;
        for (uint256 i = 0; i < id.length; ++i) {
            if ((ALLOWED >> uint8(id[i])) & 1 == 0) return false;
        }
        return true;
    }

    /// @notice Whether the text reads as an address: 40 hexadecimal digits, with or without 0x.
    function isAddress(bytes memory text) internal pure returns (bool) {
        uint256 start = 0;
        if (text.length == 42) {
            if (text[0] != "0" || (text[1] != "x" && text[1] != "X")) return false;
            start = 2;
        } else if (text.length != 40) {
            return false;
        }
        for (uint256 i = start; i < text.length; ++i) {
            uint8 c = uint8(text[i]);
            bool isHex = (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
            if (!isHex) return false;
        }
        return true;
    }

    function _startsWith(bytes memory text, bytes memory prefix) private pure returns (bool) {
        if (text.length < prefix.length) return false;
        for (uint256 i = 0; i < prefix.length; ++i) {
            if (text[i] != prefix[i]) return false;
        }
        return true;
    }
}
