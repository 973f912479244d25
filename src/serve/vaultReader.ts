import { type OpenDeployment, openVault } from "../chain/deployment.js";
import type { Auction, Liquidation } from "../chain/generated/MarginVault.js";
import { multicall, type Outcome, type Read, valueOf, viewOf } from "../chain/multicall.js";
import { tokenInfo } from "../chain/vault.js";
import type { AuctionState, ChainState } from "./chainState.js";

/** Auctions that run, and what insures the creditors. */
export async function readVault(open: OpenDeployment, state: ChainState, block: number): Promise<void> {
  const vault = openVault(open);
  if (state.vault === null) {
    const [terms, settlement] = await Promise.all([
      vault.terms({ blockTag: block }),
      vault.settlement({ blockTag: block }),
    ]);
    state.vault = {
      terms: {
        auctionPeriod: Number(terms.auctionPeriod),
        floor: Number(terms.floor),
        blockTime: Number(terms.blockTime),
      },
      settlement: await tokenInfo(open, settlement),
      tokens: new Map(),
      insurance: [],
    };
  }
  for (const token of state.tokens)
    if (!state.vault.tokens.has(token)) state.vault.tokens.set(token, await tokenInfo(open, token));
  const places = [...state.auctioned].map((place) => place.split(" ") as [string, string]);
  const creditors = [...state.creditors];
  const outcomes = await multicall(
    open.connection.provider,
    [
      ...places.flatMap(([account, token]) => [
        viewOf(vault, "auctionOf", account, token),
        viewOf(vault, "liquidationOf", account),
      ]),
      ...creditors.map((creditor) => viewOf(vault, "insuranceOf", creditor)),
    ] as readonly Read<unknown>[],
    block,
  );
  state.auctions = places.flatMap(([account, token], i): AuctionState[] => {
    const auction = valueOf(outcomes[2 * i] as Outcome<Auction>);
    const { due } = valueOf(outcomes[2 * i + 1] as Outcome<Liquidation>);
    if (auction.startedAt === 0n || auction.left === 0n) return [];
    return [
      {
        ...{ account, token, due, keeper: auction.keeper },
        startedAt: Number(auction.startedAt),
        startBlock: Number(auction.startBlock),
        ...{ startCost: auction.startCost, offered: auction.offered, left: auction.left },
      },
    ];
  });
  state.vault = {
    ...state.vault,
    insurance: creditors.map((creditor, i) => ({
      creditor,
      amount: valueOf(outcomes[2 * places.length + i] as Outcome<bigint>),
    })),
  };
}
