import type { ChainState } from "./chainState.js";

/** Blocks behind the newest that a start notes as well: two epochs of Ethereum, after which a block is final. */
export const FINAL_DEPTH = 64;

/** A state for the next look, whose events leave this one as it is. @param named whether an event is to be taken in */
export function branchOf(state: ChainState, named = true): ChainState {
  const { clearing, vault } = state;
  const branch: ChainState = {
    ...state,
    clearing: {
      ...clearing,
      capped: new Set(clearing.capped),
      grouped: new Set(clearing.grouped),
      owners: new Map(clearing.owners),
      defaulted: new Set(clearing.defaulted),
    },
  };
  // Looks without events share what many accounts make long.
  if (!named) return branch;
  return {
    ...branch,
    owners: new Map(state.owners),
    sleeved: new Set(state.sleeved),
    supported: new Set(state.supported),
    ring: [...state.ring],
    tokens: new Set(state.tokens),
    creditors: new Set(state.creditors),
    auctioned: new Set(state.auctioned),
    vault: vault === null ? null : { ...vault, tokens: new Map(vault.tokens) },
  };
}

/**
 * What was known at an earlier block, from the readings of a later one: without the accounts that an event between the two named. They
 * are read again, as market, vault and fund are.
 * @param earlier what events had named by then
 * @param changed whether an account's reading may have changed since
 */
export function earlierState(
  earlier: ChainState,
  { accounts }: Pick<ChainState, "accounts">,
  changed: (account: string) => boolean,
): ChainState {
  const { owners, clearing } = earlier;
  return {
    ...earlier,
    ...{ market: null, vault: null, auctions: [], sources: [] },
    accounts: new Map([...accounts].filter(([account]) => owners.has(account) && !changed(account))),
    clearing: { ...clearing, touched: true, reading: null },
  };
}

/** Accounts whose readings two states do not share. */
export function changedBetween(
  { accounts: earlier }: Pick<ChainState, "accounts">,
  { accounts: later }: Pick<ChainState, "accounts">,
): string[] {
  const all = new Set([...earlier.keys(), ...later.keys()]);
  return [...all].filter((account) => earlier.get(account) !== later.get(account));
}
