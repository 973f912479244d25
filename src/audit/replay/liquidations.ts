import type { LogBlock } from "../../chain/eventLog/record.js";
import type { AmmLiquidatorEvents } from "../../chain/generated/AmmLiquidator.js";
import type { SideContext, SideHandlers } from "./sideContext.js";

export const liquidatorHandlers: SideHandlers<AmmLiquidatorEvents, unknown> = {
  Liquidated(_, sale, { of, tx, sales, report, amounts }) {
    const found = sales.bought.find(
      ({ tx: other, isTold, taken }) =>
        !isTold && other === tx && taken.bidder === of && taken.account === sale.account,
    );
    sales.told.push({ tx, of, sale });
    const { account } = sale;
    if (found === undefined)
      return report("liquidation-sale", { account }, `a bid of the liquidator ${of} in the vault`, "none");
    found.isTold = true;
    const { token, amount, cost } = found.taken;
    if (token !== sale.token || amount !== sale.amount || cost !== sale.cost)
      report(
        "liquidation-sale",
        { account },
        `${amounts(amount, token)} for ${amounts(cost)}, as the vault sold them`,
        `${amounts(sale.amount, sale.token)} for ${amounts(sale.cost)}`,
      );
  },
};

/** At the end of a block: each bid of a liquidator is told of, and its transfers add up to what it tells. */
export function checkSales(block: LogBlock, context: Omit<SideContext, "of" | "tx">): void {
  const { sales, report, amounts, vault, settlement } = context;
  for (const { taken, isTold } of sales.bought)
    if (!isTold && block.liquidators?.includes(taken.bidder))
      report(
        "event-missing",
        { account: taken.account },
        "what the liquidator tells of its bid",
        "no word of it",
      );
  for (const [i, { tx, of, sale }] of sales.told.entries()) {
    if (sales.told.findIndex((other) => other.tx === tx && other.of === of) !== i) continue;
    const group = sales.told.filter((other) => other.tx === tx && other.of === of);
    const about = { account: sale.account };
    const sent = (block.transfers ?? []).filter((transfer) => transfer.tx === tx);
    const sum = (token: string, from: string | null, to: string | null) =>
      sent
        .filter((one) => one.token === token && (from ?? one.from) === one.from && (to ?? one.to) === one.to)
        .reduce((total, { amount }) => total + BigInt(amount), 0n);
    const total = (pick: (sale: AmmLiquidatorEvents["Liquidated"]) => bigint) =>
      group.reduce((all, each) => all + pick(each.sale), 0n);
    const [cost, profit] = [total((each) => each.cost), total((each) => each.profit)];
    const same = (what: string, expected: bigint, got: bigint, token?: string) => {
      if (expected !== got)
        report("liquidation-sale", about, `${what} ${amounts(expected, token)}`, amounts(got, token));
    };
    same("cost and profit from the pools,", cost + profit, sum(settlement, null, of));
    same("the cost to the vault,", cost, sum(settlement, of, vault));
    same("the profit to its receivers,", profit, sum(settlement, of, null) - sum(settlement, of, vault));
    for (const token of new Set(group.map((each) => each.sale.token))) {
      const amount = total((each) => (each.token === token ? each.amount : 0n));
      same("the collateral from the vault,", amount, sum(token, vault, of), token);
      same("the collateral to the pools,", amount, sum(token, of, null), token);
    }
  }
  sales.bought.length = 0;
  sales.told.length = 0;
}
