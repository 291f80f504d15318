// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The parts of a statement, and how integers are packed into its signals
/// @notice Element i of a part is in the part's signal i / perSignal, at bit width * (i % perSignal), as the unsigned
/// integer value - lo. A commitment is one element that fills its signal.
library Schema {
    enum Role {
        Output,
        Input,
        Weights
    }

    /// @notice What a part says: values, a commitment to them, the index of the class, a value that they reach, or by how
    /// much the class leads.
    enum Shows {
        Values,
        Commitment,
        Class,
        Threshold,
        Margin
    }

    /// @param width Bits of an element.
    /// @param perSignal Elements in a signal.
    /// @param count Elements of the part, row-major.
    /// @param lo The least value: added after unpacking.
    /// @param scale The bits of the IEEE 754 double with real = integer * scale; zero where each element has its own,
    /// which the manifest tells, or where a scale has no meaning.
    struct Part {
        Role role;
        Shows shows;
        uint8 width;
        uint8 perSignal;
        uint32 count;
        int64 lo;
        uint64 scale;
    }

    /// @notice A statement's layout is impossible at this part.
    error SchemaInvalid(uint256 part);

    /// @notice A signal has bits that no value of its part puts there.
    error SignalNotCanonical(uint256 index, uint256 signal);

    // Below the order of the scalar field, whose 254 bits a commitment takes.
    uint256 private constant CAPACITY_BITS = 253;
    uint256 private constant MOST_SIGNALS = 4096;

    /// @notice The signals of each role. Reverts with `SchemaInvalid` for a layout that no statement has.
    function measure(Part[] calldata parts) internal pure returns (uint256[3] memory signals) {
        uint256 last = 0;
        for (uint256 i = 0; i < parts.length; ++i) {
            Part calldata part = parts[i];
            uint256 role = uint256(part.role);
            if (role < last || !_fits(part)) revert SchemaInvalid(i);
            signals[role] += signalsOf(part);
            last = role;
        }
        uint256 total = signals[0] + signals[1] + signals[2];
        if (signals[0] == 0 || signals[2] > 1 || total > MOST_SIGNALS) revert SchemaInvalid(parts.length);
    }

    function signalsOf(Part memory part) internal pure returns (uint256) {
        return (uint256(part.count) + part.perSignal - 1) / part.perSignal;
    }

    /// @notice The integers of all parts that hold the output, one part after the other. Reverts with
    /// `SignalNotCanonical` where a signal holds more, which no verified statement does.
    function decodeOutput(Part[] memory parts, uint256[] calldata signals)
        internal
        pure
        returns (int256[] memory values)
    {
        values = new int256[](_outputCount(parts));
        uint256 signal = 0;
        uint256 value = 0;
        for (uint256 p = 0; p < parts.length && parts[p].role == Role.Output; ++p) {
            Part memory part = parts[p];
            for (uint256 k = 0; k < part.count; k += part.perSignal) {
                uint256 rest = signals[signal];
                for (uint256 i = k; i < part.count && i < k + part.perSignal; ++i) {
                    values[value++] = int256(rest & ((1 << part.width) - 1)) + part.lo;
                    rest >>= part.width;
                }
                if (rest != 0) revert SignalNotCanonical(signal, signals[signal]);
                ++signal;
            }
        }
    }

    /// @notice A part in one word, for storage.
    function pack(Part memory part) internal pure returns (uint256 word) {
        word = uint256(part.role) | (uint256(part.shows) << 8) | (uint256(part.width) << 16)
            | (uint256(part.perSignal) << 24) | (uint256(part.count) << 32) | (uint256(uint64(part.lo)) << 64)
            | (uint256(part.scale) << 128);
    }

    function unpack(uint256 word) internal pure returns (Part memory part) {
        part.role = Role(uint8(word));
        part.shows = Shows(uint8(word >> 8));
        part.width = uint8(word >> 16);
        part.perSignal = uint8(word >> 24);
        part.count = uint32(word >> 32);
        part.lo = int64(uint64(word >> 64));
        part.scale = uint64(word >> 128);
    }

    function _outputCount(Part[] memory parts) private pure returns (uint256 count) {
        for (uint256 p = 0; p < parts.length && parts[p].role == Role.Output; ++p) count += parts[p].count;
    }

    function _fits(Part calldata part) private pure returns (bool) {
        if (part.width == 0 || part.perSignal == 0 || part.count == 0) return false;
        if (part.perSignal == 1) return part.width <= CAPACITY_BITS + 1;
        return uint256(part.width) * part.perSignal <= CAPACITY_BITS;
    }
}
