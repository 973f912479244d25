import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cliPages } from "../scripts/cliPages.js";
import { scaleTables } from "../scripts/scale.js";
import { newKeyPair, serialiseAuditorKey } from "../src/audit/archive/seal.js";
import { serialiseBook } from "../src/book/bookFile.js";
import { CORE, type Deployment, serialiseDeployment } from "../src/chain/deployment.js";
import { type Proposal, serialiseProposal } from "../src/chain/proposal/file.js";
import { proposedSteps } from "../src/chain/proposal/governance.js";
import { serialiseOtherSide } from "../src/chain/remote/otherSide.js";
import { serialiseSignedRoot } from "../src/chain/remote/storageProof.js";
import { stateText } from "../src/cli/commands/riskWatch.js";
import { EXIT, ZkMarginError } from "../src/errors.js";
import type { Manifest } from "../src/groth16/artefacts/manifest.js";
import {
  type Attestation,
  type CeremonyTerms,
  formatAttestation,
  formatTerms,
} from "../src/groth16/ceremony/signedRecords.js";
import { formatTranscript } from "../src/groth16/ceremony/transcript.js";
import * as library from "../src/index.js";
import { marketDigest, serialiseMarket } from "../src/market/file.js";
import { serialiseProfile } from "../src/market/profile.js";
import { DEFAULT_LISTING, type Listing } from "../src/protocol/listing.js";
import { serialiseListing } from "../src/protocol/listingFile.js";
import { DEFAULT_TIER, findTier, type Tier } from "../src/protocol/tiers.js";
import { loadArtefacts } from "../src/prove/artefacts.js";
import { serialiseAttestation } from "../src/prove/attestation.js";
import { serialiseBand } from "../src/prove/band.js";
import { type Bundle, serialiseBundle } from "../src/prove/bundle.js";
import { PORTFOLIO_MARGIN } from "../src/risk/portfolioMargin.js";
import { COLLATERALISED_DEBT } from "../src/risk/presets.js";
import { stepsTo } from "../src/risk/propose/steps.js";
import { KEYS, needsKeys } from "./cli/support.js";
import { marketOf } from "./market/fixtures.js";
import { withTrueOutputs } from "./support/docExamples.js";
import { FORM_OF_PROOF } from "./support/statuses.js";

const page = (name: string) => new URL(`../docs/${name}`, import.meta.url);
const read = (name: string) => readFileSync(page(name), "utf8");

/** The rows of the tables of a document whose heading has these cells, in order. */
function rowsUnder(document: string, heading: readonly string[]): (readonly string[])[] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of read(document).split("\n")) {
    if (!line.startsWith("| ")) inside = false;
    else if (line === `${heading.map((cell) => `| ${cell}${cell && " "}`).join("")}|`) inside = true;
    else if (inside && !line.startsWith("| ---")) rows.push(line.replace(/^\| | \|$/g, "").split(" | "));
  }
  return rows;
}

describe("docs", () => {
  it("are all in the list of docs/README.md", () => {
    const all = readdirSync(page(".")).filter((name) => name.endsWith(".md") && name !== "README.md");
    const listed = [...read("README.md").matchAll(/^\| \[.*?\]\(([A-Z-]+\.md)\)/gm)].map(([, name]) => name);
    assert.deepEqual(listed.sort(), all.sort());
  });
});

describe("docs/cli", () => {
  needsKeys();

  it("is what the commands' own help says (npm run docs)", () => {
    for (const [name, text] of Object.entries(cliPages())) assert.equal(read(`cli/${name}`), text, name);
  });

  it("lists every exit code", () => {
    for (const code of Object.values(EXIT))
      assert.match(read("cli/README.md"), new RegExp(`^\\| ${code} \\|`, "m"));
  });

  it("shows the true output of every example (UPDATE_DOCS=1 to accept a change)", async () => {
    const text = read("cli/walkthrough.md");
    const shown = await withTrueOutputs(text);
    if (process.env.UPDATE_DOCS) writeFileSync(page("cli/walkthrough.md"), shown);
    else assert.equal(text, shown);
  });
});

const ZERO = `0x${"00".repeat(20)}`;

function deploymentOf(listing: Listing, tier: Tier): Deployment {
  const one = { contract: "Any", address: ZERO, codeHash: `0x${"00".repeat(32)}`, block: 1 };
  return {
    chainId: 1n,
    tier,
    listing,
    verificationKey: { hash: "0".repeat(64), kind: "development" },
    contracts: Object.fromEntries(CORE.map((role) => [role, one])) as Deployment["contracts"],
    marginVault: one,
    sources: { "feed BTC": one },
  };
}

/** A proposal with every field. */
function proposalOf(tier: Tier): Proposal {
  const governance = {
    ...{ riskProfile: ZERO, accessManager: ZERO, governor: ZERO, guardian: ZERO },
    ...{ delay: 1n, window: 2n },
  };
  const [live, target] = [COLLATERALISED_DEBT, PORTFOLIO_MARGIN];
  const { steps, shocks } = stepsTo(live, target, DEFAULT_LISTING, { maxStep: 5_000, bridge: false });
  const timing = { start: 0n, lead: 0n, interval: 1n, expiresIn: 9n };
  const proposed = proposedSteps(steps, live, timing, governance, tier);
  return {
    ...{ tier, listing: DEFAULT_LISTING, live, epoch: 1n, target },
    ...{ maxStep: 5_000, bridge: false, shocks, steps: proposed },
    cancel: proposed[0]?.transactions ?? [],
    chain: { ...governance, chainId: 1n },
  };
}

/** What a ceremony signs, with every field. */
function ceremonyOf() {
  const signed = { signature: `0x${"00".repeat(65)}` };
  const [digest, hash] = ["00".repeat(32), "00".repeat(64)];
  const terms: CeremonyTerms = {
    ...{ tier: "16x16", circuitSource: digest, r1cs: digest, wasm: digest },
    phase1: { source: "own", power: 13, blake2b: hash },
    ...{ circuitHash: hash, initialKey: digest, beaconSource: "a block", coordinator: ZERO, ...signed },
  };
  const attestation: Attestation = {
    ...{ ceremony: digest, index: 1, name: "beacon", contributor: ZERO, previous: digest },
    ...{ contribution: hash, key: digest, beacon: digest, ...signed },
  };
  const ceremony: Manifest["ceremony"] = {
    ...{ id: digest, contributors: 1, beacon: { source: "a block", value: digest } },
    ...{ transcript: { sha256: digest, bytes: 1 }, coordinator: ZERO, ...signed },
  };
  return { terms, attestation, ceremony };
}

describe("docs/FORMATS.md", () => {
  needsKeys();
  const text = read("FORMATS.md");

  /** Fields whose own keys are assets. */
  const byAsset = ["shocks", "feeds", "sources", "steps"];
  /** Names of all fields below a value. */
  const fields = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(fields);
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([key, below]) => [
      key,
      ...(byAsset.includes(key) ? Object.values(below as object).flatMap(fields) : fields(below)),
    ]);
  };

  const documents = async (): Promise<Record<string, string>> => {
    const tier = findTier(DEFAULT_TIER);
    assert.ok(tier);
    const { manifest, verificationKeyHash } = await loadArtefacts(KEYS, tier);
    const { ceremony, terms, attestation } = ceremonyOf();
    const market = marketOf("2021-05-17");
    const position = { asset: "BTC", spot: "0", perp: "1", entryPrice: "1", entryFunding: "0" };
    const bundle: Bundle = {
      claim: { theta: 10_000, envelope: 0, healthy: true, isolated: false },
      tier: DEFAULT_TIER,
      commitment: 1n,
      marketDigest: marketDigest(market),
      market,
      proof: FORM_OF_PROOF,
      verificationKeyHash,
      key: { kind: "development", phase1: "development" },
    };
    const { market: _, ...above } = bundle;
    const notAbove = { ...above, claim: { ...above.claim, theta: 11_000, healthy: false } };
    return {
      book: serialiseBook({ account: "a", sequence: 0, isolated: false, positions: [position] }),
      market: serialiseMarket(market),
      profile: serialiseProfile(PORTFOLIO_MARGIN),
      listing: serialiseListing([
        {
          symbol: "WBTC",
          decimals: 8,
          pegged: false,
          token: ZERO,
          oracle: "BTC",
          names: ["XBT"],
          depth: { millions: 1, spread: 1 },
          feed: { chainlink: ZERO, ratio: { chainlink: ZERO }, heartbeat: 1, least: "1", most: "2" },
        },
      ]),
      shocks: JSON.stringify({ format: "zkmargin/shocks@1", name: "weekend", shocks: { BTC: -2500 } }),
      proposal: serialiseProposal(proposalOf(tier)),
      watch: stateText({
        time: "2021-05-19",
        proposal: { time: "2021-05-19", kind: "tighten", file: "p.json", target: PORTFOLIO_MARGIN },
      }),
      bundle: serialiseBundle(bundle),
      band: serialiseBand({ above, notAbove, market }),
      manifest: JSON.stringify({ ...manifest, ceremony }),
      terms: formatTerms(terms),
      contribution: formatAttestation(attestation),
      transcript: formatTranscript({ terms, attestations: [attestation] }),
      deployment: serialiseDeployment(deploymentOf(market.listing, tier)),
      otherSide: serialiseOtherSide({
        chainId: 1n,
        homeChain: 2n,
        token: ZERO,
        contracts: {
          collateralLock: { contract: "Any", address: ZERO, codeHash: `0x${"00".repeat(32)}`, block: 1 },
        },
      }),
      blockRoot: serialiseSignedRoot(
        { number: 1n, hash: `0x${"00".repeat(32)}`, attester: ZERO, signature: "0x00" },
        1n,
      ),
      auditorKey: serialiseAuditorKey(newKeyPair()),
      attestation: serialiseAttestation({
        account: `0x${"00".repeat(32)}`,
        commitment: 1n,
        sequence: 1n,
        asOf: 0n,
        expiresAt: 1n,
        chainId: 1n,
        registry: ZERO,
        attester: ZERO,
        signature: "0x00",
      }),
    };
  };

  it("explains every field of every format, and names each format", async () => {
    for (const [name, document] of Object.entries(await documents())) {
      const value = JSON.parse(document);
      for (const field of new Set(fields(value)))
        assert.ok(text.includes(`\`${field}\``), `${name}: ${field}`);
      assert.ok(text.includes(value.format), value.format);
    }
  });

  it("gives the header of every CSV", () => {
    for (const header of [
      "asset,spot,perp,entry price,entry funding",
      "asset,index",
      "date,USDC,BTC",
      "asset,millions,spread",
    ])
      assert.ok(text.includes(header), header);
  });
});

describe("docs/LIBRARY.md", () => {
  type ErrorClass = abstract new (...args: string[]) => ZkMarginError;
  const isErrorClass = (value: unknown): value is ErrorClass =>
    typeof value === "function" && (value === ZkMarginError || value.prototype instanceof ZkMarginError);
  const classes = Object.values<unknown>(library).filter(isErrorClass);
  const bases = classes.filter((Class) => classes.some(({ prototype }) => prototype instanceof Class));
  /** As the tables have it; the base of all has no code of its own. */
  const exitCodeOf = (Class: ErrorClass): string =>
    String((Reflect.construct(Class, ["", "", "", ""]) as ZkMarginError).exitCode ?? "–");
  const named = (of: readonly ErrorClass[]) => of.map((Class) => [`\`${Class.name}\``, exitCodeOf(Class)]);

  it("lists every error class with its exit code, when it is thrown, and what to do", () => {
    const rows = rowsUnder("LIBRARY.md", ["class", "exit code", "when", "what to do"]);
    assert.deepEqual(
      rows.map(([name, code]) => [name, code]).toSorted(),
      named(classes.filter((Class) => !bases.includes(Class))).toSorted(),
    );
    for (const row of rows) assert.ok(row.length === 4 && row.every((cell) => cell !== ""), row[0]);
  });

  it("lists the classes that others are below", () => {
    const rows = rowsUnder("LIBRARY.md", ["base", "exit code", "has"]);
    assert.deepEqual(rows.map(([name, code]) => [name, code]).toSorted(), named(bases).toSorted());
  });
});

describe("docs/SCALE.md", () => {
  it("has the tables that scripts/scale.ts works out", () => {
    assert.ok(read("SCALE.md").includes(scaleTables()), "run npx tsx scripts/scale.ts");
  });
});
