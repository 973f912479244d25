import { clearedAccounts } from "../../audit/contracts/clearing.js";
import { type AnyBinding, contractAt, interfaceOf } from "../../chain/binding.js";
import type { ContractLogRequest, LoggedTransaction } from "../../chain/contractLog.js";
import { fundLogRequest } from "../../chain/defaultFund.js";
import { keyWords } from "../../chain/eventLog/chainState.js";
import { houseCallsIn } from "../../chain/eventLog/houseCalls.js";
import { bookRegistry as registry } from "../../chain/generated/BookRegistry.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { defaultFund } from "../../chain/generated/DefaultFund.js";
import { marginGate } from "../../chain/generated/MarginGate.js";
import { marketLedger } from "../../chain/generated/MarketLedger.js";
import { riskProfile } from "../../chain/generated/RiskProfile.js";
import { listingDigest, listingToJson } from "../../protocol/listing.js";
import type { OpenHouse } from "./manifest.js";

/** Topics of the events that a call with a proof of its own leads to. */
const topicsOf = (of: AnyBinding, ...names: readonly string[]) =>
  new Set(names.map((name) => interfaceOf(of).getEvent(name)?.topicHash));
const CHANGED = topicsOf(clearingHouse, "BookChanged");
const CLAIMED = topicsOf(clearingHouse, "BookChanged", "BookRenewed");
const EXITED = topicsOf(clearingHouse, "Exited");
const SHOWN = topicsOf(clearingDefaults, "EstateRevealed", "EndClaimProven");

/** Whether the events of a transaction come of more calls than its call data has: a contract has made them of something else. */
function lacksCalls({ data, events }: LoggedTransaction): boolean {
  const { transitions, shown, exits, claims } = houseCallsIn(data);
  const count = (of: ReadonlySet<string | undefined>) =>
    events.filter(({ topics }) => of.has(topics[0])).length;
  const left = count(EXITED);
  return (
    count(CHANGED) > transitions.length ||
    count(SHOWN) > shown.length ||
    left > exits.length ||
    2 * (count(CLAIMED) - left) > claims.length
  );
}

/** More blocks than a chain makes while a round is not stale: a day of four a second. */
const REACH = 4 * 86_400;

const GATE_TERMS = ["maxProofAge", "gracePeriod", "callPeriod", "callMargin"] as const;

/**
 * What the log of a house has: the events of its contracts, of its fund and its two gates, of both risk profiles, and of the ledger
 * that its prices come from. Of the ledger's rounds it has those that a house can use: from as long before its creation as a round
 * is not stale.
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
export function houseLog({ open, house, manifest, margin, stress }: OpenHouse): ContractLogRequest {
  const { connection, contracts, deployment } = open;
  const { marketLedger: ledger, bookRegistry } = contracts;
  const { clearingHouse: made, clearingDefaults: ofDefaults, defaultFund: ofFund } = manifest.contracts;
  const defaults = contractAt(clearingDefaults, ofDefaults.address, connection.provider);
  const fundLog = () => fundLogRequest(connection, ofFund.address, ofFund.block);
  const { marketLedger: ledgerAt, riskProfile: profileAt } = deployment.contracts;
  const { riskProfile: stressProfile, marginGate: stressGate } =
    deployment.derived?.[manifest.stress] ?? deployment.contracts;
  const firstRound = Math.max(ledgerAt.block, ofDefaults.block - REACH);
  return {
    of: "clearing",
    contracts: [
      { role: "clearingHouse", binding: clearingHouse, ...made },
      { role: "clearingDefaults", binding: clearingDefaults, ...ofDefaults },
      { role: "fund", binding: defaultFund, ...ofFund },
      { role: "marketLedger", binding: marketLedger, ...ledgerAt, block: firstRound },
      { role: "riskProfile", binding: riskProfile, ...profileAt },
      { role: "marginGate", binding: marginGate, ...manifest.contracts.marginGate },
      { role: "stressGate", binding: marginGate, ...stressGate },
      { role: "stressProfile", binding: riskProfile, ...stressProfile },
      {
        role: "bookRegistry",
        binding: registry,
        ...deployment.contracts.bookRegistry,
        events: ["BookBroken"],
      },
    ].map(({ role, binding, address, block, ...rest }) => ({
      ...{ role, binding, address, block },
      ...("events" in rest ? { events: rest.events } : {}),
    })),
    lacks: lacksCalls,
    async facts(at) {
      const [{ x, y }, unit, horizon, terms, provingWindow, maxRoundAge] = await Promise.all([
        house.liquidatorsKey(at),
        house.unit(at),
        house.horizon(at),
        defaults.terms(at),
        ledger.provingWindow(at),
        ledger.maxRoundAge(at),
      ]);
      const gates = await Promise.all(
        Object.entries({ marginGate: margin, stressGate: stress }).map(async ([role, { contracts: of }]) => {
          const [gateTerms, key] = await Promise.all([
            of.marginGate.terms(at),
            of.marginGate.verifyingKey(at),
          ]);
          return [
            [`${role}.key`, keyWords(key).join(" ")],
            ...GATE_TERMS.map((term) => [`${role}.${term}`, `${gateTerms[term]}`]),
          ];
        }),
      );
      const names = interfaceOf(clearingDefaults).getFunction("terms")?.outputs[0]?.components ?? [];
      return {
        "clearingHouse.keyX": `${x}`,
        "clearingHouse.keyY": `${y}`,
        "clearingHouse.unit": `${unit}`,
        "clearingHouse.horizon": `${horizon}`,
        "clearingHouse.listing": `${listingDigest(open.listing)}`,
        "clearingHouse.assets": JSON.stringify(listingToJson(open.listing)),
        "clearingHouse.initialMargin": `${await house.initialMargin(at)}`,
        "bookRegistry.longestBook": `${await bookRegistry.longestBook(at)}`,
        "marketLedger.sleeveSlots": `${await ledger.sleeveSlots(at)}`,
        ...Object.fromEntries(gates.flat()),
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
      const block = await connection.provider.getBlock(at.blockTag);
      const answers: Record<string, string> = {
        "block.time()": `${block?.timestamp ?? 0}`,
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
        const [owner, stage, book, { cash, left: parts, paid }, current] = await Promise.all([
          house.ownerOf(account, at),
          house.stageOf(account, at),
          bookRegistry.bookOf(account, at),
          defaults.estateOf(account, at),
          house.isCurrent(account, at),
        ]);
        for (const [role, { contracts: of }] of Object.entries({ marginGate: margin, stressGate: stress })) {
          const [status, deadline] = await Promise.all([
            of.marginGate.statusOf(account, at),
            of.marginGate.deadlineOf(account, at),
          ]);
          answers[`${role}.statusOf(${account})`] = `${status} ${deadline}`;
        }
        answers[`clearingHouse.isCurrent(${account})`] = `${current}`;
        answers[`clearingHouse.ownerOf(${account})`] = owner.toLowerCase();
        answers[`clearingHouse.stageOf(${account})`] = `${stage}`;
        answers[`bookRegistry.bookOf(${account})`] = `${book.sequence} ${book.commitment}`;
        answers[`clearingDefaults.estateOf(${account})`] = [cash, parts, paid].join();
      }
      return answers;
    },
  };
}
