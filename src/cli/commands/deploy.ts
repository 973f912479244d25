import { Command, InvalidArgumentError, Option } from "commander";
import { localChainHint } from "../../chain/anvil.js";
import { checkKeyOnChain } from "../../chain/checkDeployment.js";
import type { Connection } from "../../chain/connection.js";
import { checkPlan } from "../../chain/deploy/checkPlan.js";
import { deploy, rehearse } from "../../chain/deploy/deploy.js";
import { DEFAULT_DELAY, type DeployPlan, LOCAL_VAULT, leastRotationDelay } from "../../chain/deploy/plan.js";
import { derivedPlans, type PlanContext, parsePlan } from "../../chain/deploy/planFile.js";
import type { DeployEstimate, DeploySender } from "../../chain/deploy/rehearsal.js";
import { CORE, DAO, type Deployment, MARKET_NAME, serialiseDeployment } from "../../chain/deployment.js";
import { LocalFeeds, LocalToken } from "../../chain/localMarket.js";
import { MissingFieldError, NodeUnreachableError, UsageError } from "../../errors.js";
import { pinnedVerificationKey } from "../../groth16/artefacts/load.js";
import { DEFAULT_TERMS, DEFAULT_TIMING } from "../../protocol/deploymentTerms.js";
import { committedListing, DEFAULT_ASSETS, peggedAssets } from "../../protocol/listingFile.js";
import { loadArtefacts } from "../../prove/artefacts.js";
import { trustedKeyOf } from "../../prove/bundleVerifier.js";
import { defaultTier, type PriceOptions, withListing, withPrices } from "../arguments.js";
import { buildMarketFile, chosenProfile, DEFAULT_PROFILE, readListingFile } from "../files.js";
import { json, pairs } from "../format.js";
import { checkOutput, type Io, readInput, save } from "../io.js";
import { collect, connectTo, KEY_HELP, sender, withRpc, withSender } from "../onChain.js";

const DAY = 86_400;
/** Mock tokens for a local deployer, units of 10^-18. */
const SUPPLY = 10n ** 30n;

/** `zkmargin deploy`: the contracts, and a manifest of them. */
export function deployCommand(io: Io): Command {
  const command = new Command("deploy").description("Deploy the contracts, and write a manifest of them.");
  return withListing(withPrices(withSender(withRpc(command)), "with --local the shipped history of the date"))
    .addOption(new Option("--local", "mock feeds and mock tokens, on a local chain").conflicts("plan"))
    .addOption(new Option("--credit", "with --local: a registry of credit lines as well").conflicts("plan"))
    .option("--plan <file>", "feeds, governance and terms: zkmargin/deploy-plan@1")
    .option("--profile <name|file>", "risk profile: a shipped one's name or a file", DEFAULT_PROFILE)
    .option(
      "--derived <name=profile>",
      "a market of this name at the same prices under another profile, with a gate of its own. Repeat it for several",
      collect(derivedArgument),
    )
    .option("--date <day>", "with --local: the mock feeds start with the closes of this day", "2021-05-17")
    .option("--home <folder>", "deploy under the key in this folder instead of the one that zkmargin ships")
    .requiredOption("--out <file>", "manifest to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
The verification key that this package ships is a development key, with which anybody can forge proofs. The command refuses it
except on a local chain: id 31337 or 1337, at a loopback address. Use --home for the key of a ceremony (zkmargin setup --ceremony).

Before it sends anything, the command checks every address of the plan and names the field that is wrong. Then the node tries
all transactions together, unsigned (eth_simulateV1). The command prints their number, gas and cost, and stops if the
deployer's balance is too low. On a node without that method only the contracts check the terms, and the estimate is a minimum.

A plan takes from --listing the feeds and tokens that it does not name itself. An asset that is priced by another, such as
wstETH, has a rate feed beside the other asset's USD feed ("ratio"). The command deploys a contract that multiplies them.

A Chainlink feed must answer for its asset in US dollars, no older than its heartbeat, and between "least" and "most". These
must lie within the feed's own limits. A Pyth price must lie between "least" and "most"; it may be old, as each poke brings
an update. A sequencer's uptime feed must answer 0 or 1. Each token must have decimals and a balance, and is named once.

Examples:
  $ zkmargin deploy --local --key-env DEPLOYER_KEY --out deployment.json
  $ zkmargin deploy --local --credit --key-env DEPLOYER_KEY --out deployment.json
  $ zkmargin deploy --local --listing listing.json --profile own.json --prices closes.csv --date 2024-08-05 --key-env DEPLOYER_KEY --out deployment.json
  $ zkmargin deploy --rpc https://node.example --plan plan.json --keystore deployer.json --out deployment.json

Exit codes: 0 deployed; 2 and 3 wrong options or plan; 7 no verification key; 8 chain, key or node.`,
    )
    .action(async (options) => {
      if (!options.local && options.plan === undefined)
        throw new UsageError(
          "expected --local for mock feeds on a local chain, or --plan <file>, got neither; see docs/FORMATS.md for a plan",
        );
      await checkOutput(options.out);
      const connection = await connectTo(io, options).catch((error) => {
        if (options.local && error instanceof NodeUnreachableError)
          throw new NodeUnreachableError(`${error.message}; ${localChainHint()}`, error.kind);
        throw error;
      });
      try {
        const transactions = await sender(io, connection, options, options.out);
        const assets = await readListingFile(io, options.listing);
        const listing = committedListing(assets);
        const profile = await chosenProfile(io, options.profile, listing);
        const { home } = options;
        const key =
          home === undefined
            ? await pinnedVerificationKey(defaultTier.name)
            : trustedKeyOf(await loadArtefacts(home, defaultTier));
        const derived: DerivedProfile[] = [];
        for (const { name, profile } of readDerived(options.derived))
          derived.push({ name, profile: await chosenProfile(io, profile, listing) });
        const context: PlanContext = { tier: defaultTier, listing, profile, key, assets, derived };
        const given =
          options.plan === undefined
            ? undefined
            : parsePlan(await readInput(io, options.plan, "plan"), context);
        const closes = given === undefined ? await localCloses(io, options) : [];
        const planOf = async (sender: DeploySender) =>
          given ?? localPlan(connection, sender, context, closes, options.credit === true);
        if (given !== undefined) {
          checkKeyOnChain(given.key, connection);
          await checkPlan(connection, given);
        }
        const estimate = await rehearse(connection, transactions, planOf);
        if (options.dryRun)
          return io.out(options.json ? json({ dryRun: true, ...estimate }) : dryRunText(estimate));
        io.err(`  ${estimateText(estimate)}\n`);
        const plan = await planOf(transactions);
        const deployment = await deploy(connection, transactions, plan, ({ name, address, gas }) => {
          if (!options.json) io.err(`  ${name}: ${address}, ${gas} gas\n`);
        });
        await save(io, options.out, serialiseDeployment(deployment), "deployment");
        const addresses = CORE.map((role) => [role, deployment.contracts[role].address] as const);
        const markets = Object.entries(deployment.derived ?? {}).map(
          ([name, { marginGate }]) => [name, marginGate.address] as const,
        );
        if (options.json)
          return io.out(
            json({
              file: options.out,
              chainId: deployment.chainId,
              contracts: Object.fromEntries(addresses),
              marginVault: deployment.marginVault?.address ?? null,
              ...(deployment.dao === undefined ? {} : { dao: Object.fromEntries(daoAddresses(deployment)) }),
              creditRegistry: deployment.creditRegistry?.address ?? null,
              derivedGates: Object.fromEntries(markets),
              key: key.kind,
            }),
          );
        io.out(
          pairs([
            ...addresses,
            ...(deployment.marginVault ? [["marginVault", deployment.marginVault.address] as const] : []),
            ...(deployment.creditRegistry
              ? [["creditRegistry", deployment.creditRegistry.address] as const]
              : []),
            ...daoAddresses(deployment),
            ...markets.map(([name, address]) => [`gate of ${name}`, address] as const),
            ["manifest", options.out],
            [
              "key",
              key.kind === "development" ? "DEVELOPMENT KEY: local chains only" : `ceremony's: ${key.hash}`,
            ],
          ]),
        );
      } finally {
        connection.close();
      }
    });
}

/** Where the contracts of a DAO are; none where none governs. */
function daoAddresses({ dao }: Deployment): (readonly [string, string])[] {
  return dao === undefined ? [] : DAO.map((role) => [role, dao[role].address] as const);
}

type DerivedProfile = NonNullable<PlanContext["derived"]>[number];

/** A derived market, written `name=profile`. For commander. */
function derivedArgument(text: string): string {
  const [name = ""] = text.split("=", 1);
  if (!MARKET_NAME.test(name) || text.length <= name.length + 1)
    throw new InvalidArgumentError(
      "expected <name>=<profile>, with a name of lower-case letters, digits and hyphens.",
    );
  return text;
}

/** @throws UsageError if a name comes twice */
function readDerived(given: readonly string[] = []) {
  const read = given.map((text) => {
    const at = text.indexOf("=");
    return { name: text.slice(0, at), profile: text.slice(at + 1) };
  });
  const names = read.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--derived: expected each name once, got ${twice} twice`);
  return read;
}

/** Ether to the fourth significant digit, for people. */
function ether(wei: bigint): string {
  const digits = { maximumSignificantDigits: 4, useGrouping: false } as const;
  return `${(Number(wei) / 1e18).toLocaleString("en-US", digits)} ETH`;
}

function estimateText({ transactions, gas, tried, gasPrice, balance }: DeployEstimate): string {
  const most = tried ? "" : " at least";
  return `${transactions} transactions,${most} ${gas} gas,${most} ${ether(gas * gasPrice)} at ${Number(gasPrice) / 1e9} gwei; the deployer has ${ether(balance)}`;
}

function dryRunText(estimate: DeployEstimate): string {
  const checked = estimate.tried
    ? "The node tried every transaction, and none was refused."
    : "This node cannot try transactions: what the contracts refuse is not known.";
  return `${estimateText(estimate)}\n${checked} Nothing was signed, sent or written.\n`;
}

/** What the mock feeds are to answer: a close of every listed asset, attodollars per unit. */
async function localCloses(
  io: Io,
  options: PriceOptions & { readonly date: string; readonly profile: string },
): Promise<bigint[]> {
  const { market, leftOut } = await buildMarketFile(io, { ...options, window: 1 });
  if (leftOut.length > 0)
    throw new MissingFieldError(
      `history.${options.date}`,
      "a close of every listed asset (--price states one, such as --price USDC=1)",
      `none of ${leftOut.join(", ")}`,
    );
  const { prices, listing } = market;
  return prices.map(({ low }, u) => low * 10n ** BigInt(listing[u]?.decimals ?? 0));
}

/** Collateral tokens of a local vault under the built-in listing; of an own listing all assets are. */
const LOCAL_COLLATERAL: readonly string[] = ["BTC", "ETH"];

/** Assets of a local ledger that may carry sleeves, where they are listed: coins with options, and what these settle in. */
const LOCAL_SLEEVES: readonly string[] = ["BTC", "ETH", "SOL", "USDC"];

/** A plan for trying things out: mock feeds, mock tokens, everything else the sender's. */
async function localPlan(
  connection: Connection,
  transactions: DeploySender,
  { assets = [], derived, ...context }: PlanContext,
  closes: readonly bigint[],
  withCredit: boolean,
): Promise<DeployPlan> {
  const feeds = await LocalFeeds.deploy(connection, transactions, context.listing, closes);
  const cash = peggedAssets(assets)[0] ?? context.listing[0]?.symbol ?? "";
  const others = context.listing.map(({ symbol }) => symbol).filter((symbol) => symbol !== cash);
  const taken = assets === DEFAULT_ASSETS ? LOCAL_COLLATERAL : others;
  const tokenOf = async (symbol: string) =>
    (await LocalToken.deploy(connection, transactions, symbol, SUPPLY)).address;
  const settlement = await tokenOf(cash);
  const collateral: { asset: string; token: string }[] = [];
  for (const asset of taken) collateral.push({ asset, token: await tokenOf(asset) });
  return {
    ...context,
    feeds: feeds.plan(DAY),
    mocks: feeds.deployed,
    timing: DEFAULT_TIMING,
    sleeves: context.listing.map(({ symbol }) => symbol).filter((symbol) => LOCAL_SLEEVES.includes(symbol)),
    terms: DEFAULT_TERMS,
    rotationDelay: leastRotationDelay(context.profile, DEFAULT_TERMS),
    governance: { governor: transactions.sender, guardian: transactions.sender, delay: DEFAULT_DELAY },
    vault: { settlement, asset: cash, collateral, initialMargin: 11_000, ...LOCAL_VAULT },
    ...(withCredit && { credit: { settlement, asset: cash, covenantMargin: 11_000, horizon: 30 * DAY } }),
    ...derivedPlans(derived, DEFAULT_TERMS),
  };
}
