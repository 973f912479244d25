import { STAGE_NAMES } from "../../chain/generated/enums.js";
import type { Report } from "../replay/context.js";
import { applyTearUps } from "./estates.js";
import { gateAnswers, isCurrent } from "./houseHealth.js";
import { type HouseState, SLOTS } from "./houseState.js";

/** What a replayed house comes to at the end of its log: the contracts' own answers, and the sum of all books. */

/** What the contracts must answer. */
export function houseAnswers(
  state: HouseState,
  answers: Readonly<Record<string, string>>,
): Record<string, string> {
  // Of the last block, which may have no event of the house.
  const time = Number(answers["block.time()"] ?? 0);
  const { held, asked, dust, dustOfDefaults, openDefaults, closedAt, ended, tearUps, market } = state;
  const ofAccounts = [...state.accounts].flatMap(([id, { owner, sequence, commitment, stage }]) => {
    const { cash, left, paid } = state.estates.get(id) ?? { cash: 0n, left: 0n, paid: 0n };
    return [
      [`clearingHouse.ownerOf(${id})`, owner],
      [`clearingHouse.stageOf(${id})`, `${STAGE_NAMES.indexOf(stage)}`],
      [`bookRegistry.bookOf(${id})`, `${sequence} ${commitment}`],
      [`clearingDefaults.estateOf(${id})`, [cash, left, paid].join()],
      [`clearingHouse.isCurrent(${id})`, `${isCurrent(state, id, time)}`],
      ...Object.entries(gateAnswers(state, id, time)),
    ];
  });
  const sums = { held, asked, dust, openDefaults };
  return {
    ...Object.fromEntries(ofAccounts),
    ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [`clearingHouse.${name}()`, `${sum}`])),
    "clearingDefaults.dust()": `${dustOfDefaults}`,
    "clearingDefaults.closedAt()": `${closedAt}`,
    "clearingDefaults.endedAt()": `${ended?.time ?? 0}`,
    "clearingDefaults.tearUps()": `${tearUps.length}`,
    "marketLedger.quotesDigest()": market.newest?.digest ?? "none",
  };
}

/** With every book disclosed: the books, estates and dust together are what the house holds, and the positions are nobody's. */
export function checkSums(state: HouseState, report: Report): void {
  if (state.ended !== undefined) return;
  const perp = new Array<bigint>(SLOTS).fill(0n);
  let cash = state.dust + state.dustOfDefaults;
  for (const [account, { stage, commitment, opening, tearUps }] of state.accounts) {
    const estate = state.estates.get(account);
    const isPublic = estate !== undefined && estate.revealedAt !== 0;
    if (stage === "settled" || (commitment === 0n && estate === undefined)) continue;
    if (!isPublic && opening === undefined) return;
    const book = isPublic
      ? { cash: estate.cash, perp: [...estate.perp], lot: [], tearUps: estate.tearUps }
      : {
          cash: (opening?.basis ?? 0n) + (estate?.cash ?? 0n),
          perp: [...(opening?.perp ?? [])],
          lot: [],
          tearUps,
        };
    applyTearUps(state, book);
    cash += book.cash;
    book.perp.forEach((quantity, u) => {
      perp[u] = (perp[u] ?? 0n) + quantity;
    });
  }
  const open = perp.filter((quantity) => quantity !== 0n).length;
  const expected = state.held * state.unit;
  if (cash !== expected || open > 0)
    report("clearing-sum", {}, `${expected} attodollars and no position`, `${cash}, and ${open} positions`);
}
