// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../../../contracts/generated/Spec.sol";
import {Bn254, Sum} from "../../../contracts/lib/Bn254.sol";
import {G1, Proof, VerifyingKey} from "../../../contracts/types/Groth16.sol";

/// A verification key whose secrets are known, so that tests can prove any statement, and only the one they mean, to
/// the real verifier: with B = G2, A = nonce·G1 and beta = 1 the equation in exponents is
///
///     nonce = alpha + gamma·(folded + commitment·ic1 + claim·ic2) + delta·C
library Trapdoor {
    uint256 private constant ALPHA = 0xa1fa;
    uint256 private constant GAMMA = 2;
    uint256 private constant DELTA = 3;
    uint256 private constant IC1 = 0x1c1;
    uint256 private constant IC2 = 0x1c2;

    function key() internal view returns (VerifyingKey memory) {
        return VerifyingKey({
            alpha: point(ALPHA),
            beta: _g2(),
            gamma: [
                14583779054894525174450323658765874724019480979794335525732096752006891875705,
                18029695676650738226693292988307914797657423701064905010927197838374790804409,
                11474861747383700316476719153975578001603231366361248090558603872215261634898,
                2140229616977736810657479771656733941598412651537078903776637920509952744750
            ],
            delta: [
                7273165102799931111715871471550377909735733521218303035754523677688038059653,
                2725019753478801796453339367788033689375851816420509565303521482350756874229,
                957874124722006818841961785324909313781880061366718538693995380805373202866,
                2512659008974376214222774206987427162027254181373325676825515531566330959255
            ],
            ic1: point(IC1),
            ic2: point(IC2)
        });
    }

    /// A proof; `nonce` tells the proofs of one statement apart.
    /// @param folded the scalar behind the round's point
    function prove(uint256 folded, uint256 commitment, uint256 claim, uint256 nonce)
        internal
        view
        returns (Proof memory)
    {
        uint256 r = Spec.FIELD_R;
        uint256 signals = addmod(folded, addmod(mulmod(commitment, IC1, r), mulmod(claim, IC2, r), r), r);
        uint256 known = addmod(ALPHA, mulmod(GAMMA, signals, r), r);
        uint256 c = mulmod(addmod(nonce % r, r - known, r), _inverse(DELTA), r);
        G1 memory a = point(nonce);
        G1 memory third = point(c);
        return Proof({a: [a.x, a.y], b: _g2(), c: [third.x, third.y]});
    }

    /// scalar·G1
    function point(uint256 scalar) internal view returns (G1 memory) {
        Sum memory sum;
        Bn254.addMul(sum, 1, 2, scalar);
        return G1(sum.x, sum.y);
    }

    function _g2() private pure returns (uint256[4] memory) {
        return [
            11559732032986387107991004021392285783925812861821192530917403151452391805634,
            10857046999023057135944570762232829481370756359578518086990519993285655852781,
            4082367875863433681332203403145435568316851327593401208105741076214120093531,
            8495653923123431417604973247489272438418190587263600148770280649306958101930
        ];
    }

    /// x^(r − 2) by the modular exponentiation precompile.
    function _inverse(uint256 x) private view returns (uint256 inverse) {
        (bool done, bytes memory result) =
            address(5).staticcall(abi.encode(32, 32, 32, x, Spec.FIELD_R - 2, Spec.FIELD_R));
        require(done, "modexp");
        inverse = abi.decode(result, (uint256));
    }
}
