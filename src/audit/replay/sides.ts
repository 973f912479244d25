import type { ChainEvent, LogBlock } from "../../chain/eventLog/record.js";
import type { SideEvent, SideRole } from "../../chain/eventLog/sides.js";
import type { AmmLiquidatorEvents } from "../../chain/generated/AmmLiquidator.js";
import type { MedianFeedEvents } from "../../chain/generated/MedianFeed.js";
import type { RiskGovernorEvents } from "../../chain/generated/RiskGovernor.js";
import type { TimelockControllerEvents } from "../../chain/generated/TimelockController.js";
import type { VoteTokenEvents } from "../../chain/generated/VoteToken.js";
import { units } from "../amounts.js";
import type { Basis, Report } from "./context.js";
import {
  checkActs,
  type DaoPart,
  governorHandlers,
  needScheduled,
  requireDao,
  timelockHandlers,
  voteTokenHandlers,
} from "./dao.js";
import { checkSales, liquidatorHandlers } from "./liquidations.js";
import { checkMedians, type MedianPart, medianHandlers } from "./medians.js";
import { newActs, newSales, type SideContext, type SideHandlers } from "./sideContext.js";
import { quoting, type VaultPart } from "./vault.js";

/** What events of side contracts change. */
export type SidePart = MedianPart & DaoPart & VaultPart;

interface EventsOf {
  readonly medianFeed: MedianFeedEvents;
  readonly ammLiquidator: AmmLiquidatorEvents;
  readonly voteToken: VoteTokenEvents;
  readonly timelock: TimelockControllerEvents;
  readonly governor: RiskGovernorEvents;
}

/** A handler for every event of every side contract; the compiler misses one that is not there. */
const HANDLERS: { readonly [Role in SideRole]: SideHandlers<EventsOf[Role], SidePart> } = {
  medianFeed: medianHandlers,
  ammLiquidator: liquidatorHandlers,
  voteToken: voteTokenHandlers,
  timelock: timelockHandlers,
  governor: governorHandlers,
};

/** Decimals of attodollars. */
const USD = 18;

type Here = Pick<SideContext, "block" | "tx" | "report">;

/** Applies the events of contracts beside the core, and holds the core's own to them where they belong together. */
export class Sides {
  readonly #basis: Basis;
  readonly #state: SidePart;
  readonly #sales = newSales();
  readonly #acts = newActs();
  readonly #before = new Map<string, { readonly low: bigint; readonly high: bigint }>();

  constructor(basis: Basis, state: SidePart) {
    [this.#basis, this.#state] = [basis, state];
  }

  apply(event: SideEvent, here: Here): void {
    const handlers = HANDLERS[event.role] as Readonly<
      Record<string, (state: SidePart, event: SideEvent["fields"], context: SideContext) => void>
    >;
    const median = this.#state.medians.get(event.of);
    if (event.role === "medianFeed" && !this.#before.has(event.of))
      this.#before.set(event.of, { low: median?.low ?? 0n, high: median?.high ?? 0n });
    handlers[event.name]?.(this.#state, event.fields, this.#context(event.of, here));
  }

  /** What of a core contract's event is of a side contract's as well. */
  note(event: ChainEvent, here: Here): void {
    const { deployment } = this.#basis;
    const context = this.#context("", here);
    if (event.name === "Taken" && here.block.liquidators?.includes(event.fields.bidder))
      this.#sales.bought.push({ tx: here.tx, taken: event.fields, isTold: false });
    if (event.name === "RoundCommitted" || event.name === "AccountOpened") requireDao(this.#state, context);
    if (event.name === "OperationScheduled" && event.fields.caller === deployment.dao?.timelock.address)
      needScheduled(event.fields.target, event.fields.data, context);
  }

  endBlock(block: LogBlock, report: Report): void {
    const context = this.#context("", { block, tx: 0, report });
    checkMedians(this.#state, block, context);
    checkSales(block, context);
    checkActs(context);
    this.#before.clear();
  }

  #context(of: string, here: Here): SideContext {
    const { deployment, constants } = this.#basis;
    const settlement = constants.vault?.settlement ?? "";
    return {
      of,
      ...here,
      rules: constants.medians,
      listing: deployment.listing.map(({ symbol }) => symbol),
      before: this.#before,
      quote: (low, high) => `${units(low, USD)} to ${units(high, USD)} a quantum`,
      sales: this.#sales,
      amounts: quoting(this.#state.vault, deployment, settlement),
      vault: deployment.marginVault?.address ?? "",
      settlement,
      manager: deployment.contracts.accessManager.address,
      dao: deployment.dao,
      acts: this.#acts,
    };
  }
}
