import { clearedAccounts } from "../../audit/contracts/clearing.js";
import type { ContractLogRequest, LoggedTransaction } from "../../chain/contractLog.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { listingDigest } from "../../protocol/listing.js";
import type { OpenHouse } from "./manifest.js";

/**
 * What the log of a house has.
 *
 * @example
 * ```ts
 * import { readContracts } from "zkmargin/chain";
 * import { houseLog, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const { head } = await readContracts(houseOpen.connection, houseLog(opened));
 * console.log(head.of); // clearing
 * ```
 */
export function houseLog({ open, house, manifest }: OpenHouse): ContractLogRequest {
  const bindings = { clearingHouse, clearingDefaults };
  const { bookRegistry } = open.contracts;
  return {
    of: "clearing",
    contracts: (["clearingHouse", "clearingDefaults"] as const).map((role) => {
      const { address, block } = manifest.contracts[role];
      return { role, binding: bindings[role], address, block };
    }),
    async facts(at) {
      const [{ x, y }, unit] = await Promise.all([house.liquidatorsKey(at), house.unit(at)]);
      return {
        "clearingHouse.keyX": `${x}`,
        "clearingHouse.keyY": `${y}`,
        "clearingHouse.unit": `${unit}`,
        "clearingHouse.listing": `${listingDigest(open.listing)}`,
      };
    },
    async answers(log: readonly LoggedTransaction[], at) {
      const [held, asked, dust] = await Promise.all([house.held(at), house.asked(at), house.dust(at)]);
      const answers: Record<string, string> = {
        "clearingHouse.held()": `${held}`,
        "clearingHouse.asked()": `${asked}`,
        "clearingHouse.dust()": `${dust}`,
      };
      for (const account of clearedAccounts(log)) {
        const [owner, stage, book] = await Promise.all([
          house.ownerOf(account, at),
          house.stageOf(account, at),
          bookRegistry.bookOf(account, at),
        ]);
        answers[`clearingHouse.ownerOf(${account})`] = owner.toLowerCase();
        answers[`clearingHouse.stageOf(${account})`] = `${stage}`;
        answers[`bookRegistry.bookOf(${account})`] = `${book.sequence} ${book.commitment}`;
      }
      return answers;
    },
  };
}
