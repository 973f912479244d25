// SPDX-License-Identifier: MIT
pragma solidity >=0.8.20 <0.9.0;

import {IPriceFeed} from "./IPriceFeed.sol";

/// The rule by which sources make one price. It never changes.
struct MedianTerms {
    /// Answers that count: of all sources the first so many that answer, in their order. 3 to the number of sources.
    uint8 seats;
    /// Answers without which there is no price: 2 to `seats` − 1, so that no source alone halts or decides.
    uint8 quorum;
    /// How far a kept price may be on the safe side of what the sources say, basis points, 0 to 500.
    uint16 deadBand;
    /// How far the check may be from low and high before it disagrees, basis points, 0 to 10 000.
    uint16 tolerance;
}

/// What the check said when somebody last recorded.
enum CheckState {
    /// Nobody has recorded yet, or there is no check.
    None,
    /// It was within the tolerance.
    Agrees,
    /// It was not.
    Disagrees,
    /// It did not answer.
    Silent
}

/// One asset's price from several sources, of which any one may lie or be silent.
///
/// Of n answers, low is the (f + 1)-th lowest lower price, and high the (f + 1)-th highest upper price, with
/// f = ⌊(n − 1) / 2⌋. Of three both are the median. Of four they are the second lowest and the second highest. So if at
/// most f of the answers are false, low and high lie between true ones. A source that does not answer loses its seat to
/// the next in order at once, and takes it again when it answers. No governor decides.
///
/// A kept low stays while it is at or below low, and within the dead band. A kept high stays while it is at or above
/// high, and within the dead band. So small moves there and back use up no odometer, and what is kept errs on the safe
/// side alone. That holds whatever is kept, so anybody may call `record`, at any time.
interface IMedianFeed is IPriceFeed {
    /// Low or high that is kept has changed.
    /// @param low attodollars per quantum
    /// @param high attodollars per quantum
    event BandMoved(uint64 low, uint64 high);
    /// A source that answered when somebody last recorded does not answer now.
    /// @param source place of the source in the order, from 0
    /// @param reason selector of its error; 0 if it has none
    event SourceSilenced(uint256 indexed source, bytes4 reason);
    /// A source that did not answer when somebody last recorded answers now.
    /// @param source place of the source in the order, from 0
    event SourceAnswered(uint256 indexed source);
    /// The check says otherwise than when somebody last recorded. It changes no price.
    /// @param state what it says now
    /// @param price the check's price, attodollars per quantum; 0 if it does not answer
    /// @param low what it was compared with, attodollars per quantum
    /// @param high what it was compared with, attodollars per quantum
    event CheckChanged(CheckState state, uint64 price, uint64 low, uint64 high);

    /// The terms are outside their bounds, or do not fit the number of sources.
    /// @param terms the terms that were given
    /// @param sources number of sources, 3 to 8
    error MedianTermsInvalid(MedianTerms terms, uint256 sources);
    /// A source is given twice, or is none.
    /// @param source place of the source in the order, from 0
    error SourceRepeated(uint256 source);
    /// Too few sources answer.
    /// @param quorum answers without which there is no price
    /// @param got how many sources answer
    error QuorumMissing(uint256 quorum, uint256 got);
    /// The caller gave less gas than each source is promised. Otherwise callers could choose which sources run out.
    /// @param least gas that is needed now
    /// @param got gas that is left
    error SourceGasMissing(uint256 least, uint256 got);

    /// Gas that every source, and the check, may use. One that needs more does not answer.
    /// @return gas: 400 000
    function SOURCE_GAS() external view returns (uint256);

    /// Keeps low and high as `read` tells them, and emits what has changed: low and high, silent sources, the check.
    /// Anybody may call it. It reverts only for want of gas. Without a quorum it keeps low and high as they were.
    function record() external;

    /// Whose prices count, in order.
    /// @return the price feeds; they never change
    function sources() external view returns (IPriceFeed[] memory);

    /// The rule by which they make one price.
    /// @return the terms; they never change
    function terms() external view returns (MedianTerms memory);

    /// What low and high are compared with. It changes no price, whatever it says.
    /// @return a price of the same asset, such as a pool's average; zero if there is none
    function check() external view returns (IPriceFeed);

    /// What was last recorded.
    /// @return low attodollars per quantum; 0 if nobody has recorded with a quorum
    /// @return high attodollars per quantum; 0 likewise
    /// @return silent sources that did not answer, bit i for source i
    /// @return checked what the check said
    function kept() external view returns (uint64 low, uint64 high, uint8 silent, CheckState checked);
}
