/**
 * `zkmargin/abi`. The contracts' ABIs as literal types, for viem, wagmi, ethers and abitype. Pure, and safe in a browser.
 *
 * @example
 * ```ts
 * import { Interface } from "ethers";
 * import { marginGateAbi } from "zkmargin/abi";
 *
 * const gate = new Interface(marginGateAbi);
 * console.log(gate.getFunction("requireMargin")?.format()); // requireMargin(bytes32,uint256)
 * ```
 */

export {
  bookRegistryAbi,
  chainlinkFeedAbi,
  derivedLedgerAbi,
  fundingIndexAbi,
  marginGateAbi,
  marginVaultAbi,
  marketLedgerAbi,
  pythFeedAbi,
  ratioAggregatorAbi,
  riskProfileAbi,
  sequencerGuardAbi,
  signalTableAbi,
} from "../chain/generated/abi.js";
