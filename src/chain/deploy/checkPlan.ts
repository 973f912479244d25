import { PlanMismatchError } from "../../errors.js";
import { TOKEN_DECIMALS_MAX } from "../../protocol/bounds.js";
import { aggregatorAt, foreign } from "../aggregator.js";
import { ERC20_ABI, type TypedContract, type View } from "../binding.js";
import type { Connection } from "../connection.js";
import { answerOf, type Chain, checkCode } from "./checkCode.js";
import { checkFeed, checkMedian } from "./checkFeeds.js";
import { type DeployPlan, type FeedPlan, isMedian, type MedianPlan } from "./plan.js";

/**
 * Checks every address of a plan against its chain, before anything is sent. The contract there must answer as the plan
 * expects. A feed must be of its asset in US dollars, with prices within their bounds.
 * @throws PlanMismatchError naming the plan's field
 *
 * @example
 * ```ts
 * import { checkPlan } from "zkmargin/chain";
 *
 * await checkPlan(open.connection, plan); // throws at the first field that does not fit
 * ```
 */
export async function checkPlan(connection: Connection, plan: DeployPlan): Promise<void> {
  const { provider } = connection;
  const chain: Chain = {
    provider,
    time: BigInt((await provider.getBlock("latest"))?.timestamp ?? 0),
  };
  for (const [u, asset] of plan.listing.entries()) {
    const feed = plan.feeds[u] as FeedPlan | MedianPlan;
    const path = `plan.feeds.${asset.symbol}`;
    if (isMedian(feed)) await checkMedian(chain, feed, asset, path);
    else await checkFeed(chain, feed, asset, path);
  }
  if (plan.sequencer) await checkSequencer(chain, plan.sequencer.uptimeFeed, "plan.sequencer.uptimeFeed");
  if (plan.vault) {
    const { settlement, asset, collateral = [] } = plan.vault;
    await checkToken(chain, settlement, "plan.vault.settlement");
    const tokens = new Map([[settlement.toLowerCase(), `settlement, ${asset}`]]);
    for (const { token, asset: symbol } of collateral) {
      const path = `plan.vault.collateral.${symbol}`;
      await checkToken(chain, token, path);
      const other = tokens.get(token.toLowerCase());
      if (other !== undefined)
        throw new PlanMismatchError(path, "each token once", `the token of ${other} again`);
      tokens.set(token.toLowerCase(), `collateral.${symbol}`);
    }
    await checkRemotes(chain, connection.chainId, plan.vault);
  }
  if (plan.credit) await checkToken(chain, plan.credit.settlement, "plan.credit.settlement");
  const { dao } = plan;
  if (typeof dao?.token === "string") await checkVotes(chain, dao.token, "plan.dao.token");
  checkGovernance(plan);
}

/** That each asset on another chain has a listed asset of its own, and a source that knows its chain. */
async function checkRemotes(
  chain: Chain,
  own: bigint,
  { asset, collateral = [], remote = [] }: NonNullable<DeployPlan["vault"]>,
): Promise<void> {
  const used = [asset, ...collateral.map((each) => each.asset)];
  for (const each of remote) {
    const path = `plan.vault.remote.${each.asset}`;
    if (used.includes(each.asset))
      throw new PlanMismatchError(
        path,
        "a listed asset of its own, whose factor can be tightened alone",
        "one that is used",
      );
    used.push(each.asset);
    if (each.chain === own) throw new PlanMismatchError(`${path}.chain`, "another chain", "this one");
    const { source } = each;
    if (source.kind === "storage-proofs") {
      const { attesters, threshold } = source;
      const distinct = new Set(attesters.map((attester) => attester.toLowerCase())).size;
      if (distinct !== attesters.length || threshold > distinct)
        throw new PlanMismatchError(
          `${path}.blocks`,
          "each attester once, and at least as many as the threshold",
          "others",
        );
      continue;
    }
    await checkCode(chain, source.address, `${path}.source`);
    const contract = foreign<Source>(
      source.address,
      ["function chain() view returns (uint256)"],
      chain.provider,
    );
    const knows = await answerOf(`${path}.source`, "chain", () => contract.chain());
    if (knows !== each.chain)
      throw new PlanMismatchError(
        `${path}.source`,
        `a source for chain ${each.chain}`,
        `one for chain ${knows}`,
      );
  }
}

interface Source extends TypedContract {
  readonly chain: View<[], bigint>;
}

const VOTES_ABI = ["function CLOCK_MODE() view returns (string)"];

/** Delays and periods of a vote are by the token's clock. */
async function checkVotes(chain: Chain, token: string, at: string): Promise<void> {
  await checkCode(chain, token, at);
  const votes = foreign<TypedContract & { CLOCK_MODE: View<[], string> }>(token, VOTES_ABI, chain.provider);
  const mode = await answerOf(at, "CLOCK_MODE", () => votes.CLOCK_MODE());
  if (mode !== "mode=timestamp")
    throw new PlanMismatchError(at, "a token that counts votes by the second (mode=timestamp)", mode);
}

/** The contracts that a feed reads. */
function addressesOf({ source }: FeedPlan | MedianPlan): readonly string[] {
  if (source.kind === "pyth") return [source.pyth];
  if (source.kind === "chainlink")
    return [source.aggregator, ...(source.ratio ? [source.ratio.aggregator] : [])];
  const { check } = source;
  const pool = check && [check.pool, check.token, ...(check.quote ? addressesOf(check.quote) : [])];
  return [...source.sources.flatMap(addressesOf), ...(pool ?? [])];
}

/** Who is to hold a role must not be one that can never use it, or one and the same. */
function checkGovernance({ governance, funding, feeds, vault, credit }: DeployPlan): void {
  const { governor, guardian } = governance;
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  if (same(governor, guardian))
    throw new PlanMismatchError(
      "plan.governance.guardian",
      "another address than the governor, whose acts the guardian can cancel",
      "the same",
    );
  const used = [
    ...feeds.flatMap(addressesOf),
    ...(vault ? [vault.settlement, ...(vault.collateral ?? []).map(({ token }) => token)] : []),
    ...(credit ? [credit.settlement] : []),
  ];
  const holders = { "governance.governor": governor, "governance.guardian": guardian };
  for (const [field, holder] of Object.entries({
    ...holders,
    ...(funding && { "funding.poster": funding.poster }),
  }))
    if (used.some((address) => same(address, holder)))
      throw new PlanMismatchError(
        `plan.${field}`,
        "somebody's address",
        "that of a feed or token of the plan",
      );
}

async function checkSequencer(chain: Chain, uptimeFeed: string, at: string): Promise<void> {
  await checkCode(chain, uptimeFeed, at);
  const contract = aggregatorAt(uptimeFeed, chain.provider);
  const { answer, startedAt } = await answerOf(at, "latestRoundData", () => contract.latestRoundData());
  if (answer !== 0n && answer !== 1n)
    throw new PlanMismatchError(at, "a sequencer uptime feed, which answers 0 or 1", `the answer ${answer}`);
  if (startedAt === 0n || startedAt > chain.time)
    throw new PlanMismatchError(at, "an uptime feed with a round", "one without, or of the future");
}

interface Token extends TypedContract {
  readonly decimals: View<[], bigint>;
  readonly balanceOf: View<[owner: string], bigint>;
}

async function checkToken(chain: Chain, token: string, at: string): Promise<void> {
  await checkCode(chain, token, at);
  const contract = foreign<Token>(token, ERC20_ABI, chain.provider);
  const decimals = await answerOf(at, "decimals", () => contract.decimals());
  if (decimals > BigInt(TOKEN_DECIMALS_MAX))
    throw new PlanMismatchError(at, `a token of at most ${TOKEN_DECIMALS_MAX} decimals`, String(decimals));
  await answerOf(at, "balanceOf", () => contract.balanceOf(token));
}
