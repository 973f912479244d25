import { clearedAccounts } from "../../audit/contracts/clearing.js";
import { contractAt, interfaceOf } from "../../chain/binding.js";
import type { ContractLogRequest, LoggedTransaction } from "../../chain/contractLog.js";
import { fundLogRequest } from "../../chain/defaultFund.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { defaultFund } from "../../chain/generated/DefaultFund.js";
import { marketLedger } from "../../chain/generated/MarketLedger.js";
import { riskProfile } from "../../chain/generated/RiskProfile.js";
import { listingDigest } from "../../protocol/listing.js";
import type { OpenHouse } from "./manifest.js";

/** More blocks than a chain makes while a round is not stale: a day of four a second. */
const REACH = 4 * 86_400;

/**
 * What the log of a house has: the events of its contracts, of its fund, and of the market that its prices come from. Of the market's
 * rounds it has those that a house can use: from as long before its creation as a round is not stale.
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
  const { connection, contracts, deployment } = open;
  const { marketLedger: ledger, bookRegistry } = contracts;
  const { clearingHouse: made, clearingDefaults: ofDefaults, defaultFund: ofFund } = manifest.contracts;
  const defaults = contractAt(clearingDefaults, ofDefaults.address, connection.provider);
  const fundLog = () => fundLogRequest(connection, ofFund.address, ofFund.block);
  const { marketLedger: ledgerAt, riskProfile: profileAt } = deployment.contracts;
  const firstRound = Math.max(ledgerAt.block, ofDefaults.block - REACH);
  return {
    of: "clearing",
    contracts: [
      { role: "clearingHouse", binding: clearingHouse, ...made },
      { role: "clearingDefaults", binding: clearingDefaults, ...ofDefaults },
      { role: "fund", binding: defaultFund, ...ofFund },
      { role: "marketLedger", binding: marketLedger, ...ledgerAt, block: firstRound },
      { role: "riskProfile", binding: riskProfile, ...profileAt },
    ].map(({ role, binding, address, block }) => ({ role, binding, address, block })),
    async facts(at) {
      const [{ x, y }, unit, horizon, terms, provingWindow, maxRoundAge] = await Promise.all([
        house.liquidatorsKey(at),
        house.unit(at),
        house.horizon(at),
        defaults.terms(at),
        ledger.provingWindow(at),
        ledger.maxRoundAge(at),
      ]);
      const names = interfaceOf(clearingDefaults).getFunction("terms")?.outputs[0]?.components ?? [];
      return {
        "clearingHouse.keyX": `${x}`,
        "clearingHouse.keyY": `${y}`,
        "clearingHouse.unit": `${unit}`,
        "clearingHouse.horizon": `${horizon}`,
        "clearingHouse.listing": `${listingDigest(open.listing)}`,
        ...Object.fromEntries(
          names.map(({ name }) => [`clearingDefaults.${name}`, `${terms[name as keyof typeof terms]}`]),
        ),
        "marketLedger.provingWindow": `${provingWindow}`,
        "marketLedger.maxRoundAge": `${maxRoundAge}`,
        ...(await (await fundLog()).facts(at)),
      };
    },
    async answers(log: readonly LoggedTransaction[], at) {
      const [held, asked, dust, open_, left, closed, ended, tearUps] = await Promise.all([
        house.held(at),
        house.asked(at),
        house.dust(at),
        house.openDefaults(at),
        defaults.dust(at),
        defaults.closedAt(at),
        defaults.endedAt(at),
        defaults.tearUps(at),
      ]);
      const { number } = await ledger.latestRound(at);
      const answers: Record<string, string> = {
        "clearingHouse.held()": `${held}`,
        "clearingHouse.asked()": `${asked}`,
        "clearingHouse.dust()": `${dust}`,
        "clearingHouse.openDefaults()": `${open_}`,
        "clearingDefaults.dust()": `${left}`,
        "clearingDefaults.closedAt()": `${closed}`,
        "clearingDefaults.endedAt()": `${ended}`,
        "clearingDefaults.tearUps()": `${tearUps}`,
        "marketLedger.quotesDigest()": number === 0n ? "none" : await ledger.quotesDigest(number, at),
        ...(await (await fundLog()).answers(log, at)),
      };
      for (const account of clearedAccounts(log)) {
        const [owner, stage, book, { cash, left: parts, paid }] = await Promise.all([
          house.ownerOf(account, at),
          house.stageOf(account, at),
          bookRegistry.bookOf(account, at),
          defaults.estateOf(account, at),
        ]);
        answers[`clearingHouse.ownerOf(${account})`] = owner.toLowerCase();
        answers[`clearingHouse.stageOf(${account})`] = `${stage}`;
        answers[`bookRegistry.bookOf(${account})`] = `${book.sequence} ${book.commitment}`;
        answers[`clearingDefaults.estateOf(${account})`] = [cash, parts, paid].join();
      }
      return answers;
    },
  };
}
