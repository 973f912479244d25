// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// A token whose holders vote: a fixed supply, minted when it is deployed. Nobody can mint, pause or take it.
///
/// Votes are counted by the end of a second (EIP-6372), so what is borrowed and returned in one transaction has none.
/// First holders vote for themselves. A later holder votes once it has delegated, to itself or another.
contract VoteToken is ERC20, ERC20Permit, ERC20Votes {
    /// There are not as many amounts as holders.
    /// @param holders how many holders
    /// @param amounts how many amounts
    error HoldersDiffer(uint256 holders, uint256 amounts);

    /// @param name_ the token's name
    /// @param symbol_ its symbol
    /// @param holders who gets the supply
    /// @param amounts what each gets, smallest units: 10^-18
    constructor(string memory name_, string memory symbol_, address[] memory holders, uint256[] memory amounts)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
    {
        if (holders.length != amounts.length) revert HoldersDiffer(holders.length, amounts.length);
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], amounts[i]);
            _delegate(holders[i], holders[i]);
        }
    }

    /// The clock by which votes are counted.
    /// @return Unix seconds
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// The clock's kind, as EIP-6372 writes it.
    /// @return the mode
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    /// The next nonce of a signature, of a permit or a delegation alike.
    /// @param owner who signs
    /// @return the nonce
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @inheritdoc ERC20Votes
    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}
