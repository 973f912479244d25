import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { newKeyPair, parseAuditorKey, serialiseAuditorKey } from "../../../src/audit/archive/seal.js";
import { disclosedOpening, disclosureLines, readDisclosure } from "../../../src/audit/disclosure.js";
import { parseAudit } from "../../../src/audit/result.js";
import { parseBook, serialiseBook } from "../../../src/book/bookFile.js";
import { parseBookRequest, serialiseBookRequest } from "../../../src/book/bookRequest.js";
import { importBookCsv } from "../../../src/book/import/importBook.js";
import { openBook } from "../../../src/book/opening.js";
import { parseSecret } from "../../../src/book/salt.js";
import { parseAttesterRecords } from "../../../src/chain/attester/records.js";
import { parsePlan } from "../../../src/chain/deploy/planFile.js";
import { CORE, parseDeployment, serialiseDeployment } from "../../../src/chain/deployment.js";
import { type LogRecord, readRecord, recordLine } from "../../../src/chain/eventLog/record.js";
import { serialiseProposal } from "../../../src/chain/proposal/file.js";
import { parseProposal } from "../../../src/chain/proposal/parse.js";
import { readState, stateText } from "../../../src/cli/commands/riskWatch.js";
import { Inputs } from "../../../src/cli/inputs.js";
import { parseStrictJson } from "../../../src/encoding/strictJson.js";
import { formatJson, parseManifest, parsePins } from "../../../src/groth16/artefacts/manifest.js";
import {
  attestationText,
  formatAttestation,
  formatTerms,
  parseCeremonyAttestation,
  parseTerms,
  termsText,
} from "../../../src/groth16/ceremony/signedRecords.js";
import type { VerificationKeyPoints } from "../../../src/groth16/verificationKey.js";
import { parseVerificationKey } from "../../../src/groth16/verificationKey.js";
import { parseDepths, parseFunding } from "../../../src/market/assetTables.js";
import { parseMarket, serialiseMarket } from "../../../src/market/file.js";
import { parseHistory, parsePriceTable } from "../../../src/market/history.js";
import { joinPrices } from "../../../src/market/priceFiles.js";
import { parsePartialProfile, parseProfile, serialiseProfile } from "../../../src/market/profile.js";
import { DEFAULT_LISTING, type Listing } from "../../../src/protocol/listing.js";
import { DEFAULT_ASSETS, parseListing } from "../../../src/protocol/listingFile.js";
import { TIERS } from "../../../src/protocol/tiers.js";
import { parseAttestation, serialiseAttestation } from "../../../src/prove/attestation.js";
import { parseBundle } from "../../../src/prove/bundle.js";
import { PORTFOLIO_MARGIN } from "../../../src/risk/portfolioMargin.js";
import { parseShocks, readShocks } from "../../../src/risk/shocks.js";
import { parseAlerts } from "../../../src/serve/alertReceivers.js";
import { BOOK } from "../../cli/badInputCases.js";
import { SECRET } from "../../cli/support.js";
import { marketOf } from "../../market/fixtures.js";
import { defaultArtefacts } from "../../support/desk.js";
import { proposalOf } from "../../support/proposalFiles.js";
import { CANARY_BOOK } from "../canary/canaries.js";
import { provenBundle } from "../provenBundle.js";

/** A reader of this package, and a text that it reads. */
export interface Reader {
  readonly name: string;
  readonly kind: "json" | "csv" | "text";
  valid(): string | Promise<string>;
  /** Whether no error may quote what the text holds. */
  readonly private: boolean;
  /** Returns what it reads. */
  read(text: string): unknown;
}

const [TIER] = TIERS;
const LISTING = DEFAULT_LISTING;
const PAIR: Listing = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
];
const ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const JOIN = { listing: DEFAULT_ASSETS, step: "day" } as const;
const WORD = `0x${"e6".repeat(32)}`;

const file = (path: string) => readFileSync(path, "utf8");
const lines = (path: string, count: number) => `${file(path).split("\n").slice(0, count).join("\n")}\n`;

const deployment = {
  chainId: 31_337n,
  tier: TIER,
  listing: PAIR,
  verificationKey: { hash: "ab".repeat(32), kind: "development" as const },
  contracts: Object.fromEntries(
    CORE.map((role) => [role, { contract: "Any", address: ADDRESS, codeHash: WORD, block: 7 }]),
  ) as Parameters<typeof serialiseDeployment>[0]["contracts"],
  marginVault: { contract: "MarginVault", address: ADDRESS, codeHash: WORD, block: 7 },
  sources: { "feed BTC": { contract: "ChainlinkFeed", address: ADDRESS, codeHash: WORD, block: 7 } },
};
const attestation = {
  account: WORD,
  commitment: 271828182845904523536n,
  sequence: 3n,
  asOf: 1_621_382_400n,
  expiresAt: 1_621_468_800n,
  chainId: 31_337n,
  registry: ADDRESS,
  attester: ADDRESS,
  signature: `0x${"1b".repeat(65)}`,
};
const watch = {
  time: "2021-05-19",
  proposal: { time: "2021-05-19", kind: "tighten", file: "p.json", target: PORTFOLIO_MARGIN },
} as const;
const io = (text: string) => ({
  out() {},
  err() {},
  stdin: async () => Buffer.from(text),
  interactive: false,
  invocation: "zkmargin",
  inputs: new Inputs(),
  names: { byId: new Map() },
});

const json = (name: string, valid: Reader["valid"], read: Reader["read"], secret = false): Reader => ({
  name,
  kind: "json",
  valid,
  private: secret,
  read,
});
const csv = (name: string, valid: Reader["valid"], read: Reader["read"], secret = false): Reader => ({
  ...json(name, valid, read, secret),
  kind: "csv",
});
const text = (name: string, valid: Reader["valid"], read: Reader["read"], secret = false): Reader => ({
  ...json(name, valid, read, secret),
  kind: "text",
});

/** Every reader of what may come from elsewhere. */
export function readers(): readonly Reader[] {
  const header = { account: "canary-desk", sequence: 42, isolated: false };
  const context = {
    tier: TIER,
    listing: LISTING,
    profile: PORTFOLIO_MARGIN,
    key: {
      key: { nPublic: 404 } as VerificationKeyPoints,
      hash: "ab".repeat(32),
      kind: "development" as const,
    },
  };
  return [
    text("disclosure", disclosure, readAll, true),
    json(
      "auditor key",
      () => serialiseAuditorKey(newKeyPair()),
      (it) => parseAuditorKey(it),
      true,
    ),
    json(
      "alerts",
      () => file("examples/ops/alerts.json"),
      (it) => parseAlerts(it, "alerts", { PAGER_TOKEN: "t" }),
    ),
    json(
      "audit",
      () => file("examples/audit/demo.audit.json"),
      (it) => parseAudit(it),
    ),
    json(
      "event log, block",
      () => recordLine(BLOCK),
      (it) => readRecord(it, "log:2"),
    ),
    json(
      "event log, head",
      () => recordLine(HEAD),
      (it) => readRecord(it, "log:1"),
    ),
    json("ceremony terms", ceremonyTerms, (it) => parseTerms(it, "terms")),
    json("ceremony attestation", contribution, (it) => parseCeremonyAttestation(it, "attestation")),
    json(
      "book",
      () => serialiseBook(BOOK),
      (it) => parseBook(it, LISTING),
      true,
    ),
    csv(
      "book CSV",
      () => file("examples/books/cash-and-carry.csv"),
      (it) => importBookCsv(it, header, LISTING),
      true,
    ),
    text(
      "secret",
      () => SECRET,
      (it) => parseSecret(it),
      true,
    ),
    json(
      "market",
      () => serialiseMarket(marketOf("2021-05-17")),
      (it) => parseMarket(it),
    ),
    json(
      "profile",
      () => serialiseProfile(PORTFOLIO_MARGIN),
      (it) => parseProfile(it, LISTING),
    ),
    json(
      "partial profile",
      () => serialiseProfile(PORTFOLIO_MARGIN),
      (it) => parsePartialProfile(it, LISTING),
    ),
    json(
      "book request",
      () =>
        serialiseBookRequest({
          account: WORD,
          book: parseBook(CANARY_BOOK, LISTING),
          salts: [{ book: 271828182845904523536n, detail: 314159265358979323846n }],
        }),
      (it) => parseBookRequest(it, LISTING),
      true,
    ),
    json(
      "attester's records",
      () =>
        JSON.stringify({
          format: "zkmargin/attester-records@1",
          accounts: [
            { account: WORD, readAt: 1_621_382_400, book: "b.json", sleeve: "s.csv", surface: "v.json" },
          ],
        }),
      (it) => parseAttesterRecords(it),
    ),
    json("bundle", provenBundle, (it) => parseBundle(it)),
    json(
      "attestation",
      () => serialiseAttestation(attestation),
      (it) => parseAttestation(it),
    ),
    json(
      "deployment",
      () => serialiseDeployment(deployment),
      (it) => parseDeployment(it),
    ),
    json(
      "plan",
      () => file("examples/deploy-plan.json"),
      (it) => parsePlan(it, context),
    ),
    json(
      "listing",
      () => file("examples/own-assets/listing.json"),
      (it) => parseListing(it),
    ),
    json(
      "prices as JSON",
      () => `[${[0, 1, 2].map((day) => `[${1_722_470_400_000 + day * 86_400_000},1,2,1,1.5,9]`).join(",")}]`,
      (it) => joinPrices([{ path: "prices", text: it, asset: "BTC" }], JOIN),
    ),
    json(
      "proposal",
      () => serialiseProposal(proposalOf()),
      (it) => parseProposal(it),
    ),
    text(
      "shocks",
      () => "BTC=-3000,ETH=-3500",
      (it) => parseShocks(it, LISTING),
    ),
    json(
      "shocks file",
      () => SHOCKS,
      (it) => readShocks(parseStrictJson(it, "shocks"), LISTING),
    ),
    json(
      "watch",
      () => stateText(watch),
      (it) => readState(io(it), "-", LISTING),
    ),
    csv(
      "funding",
      () => "asset,index\nUSDC,0\nBTC,12.5\n",
      (it) => parseFunding(it, PAIR),
    ),
    csv(
      "depths",
      () => "asset,millions,spread\nUSDC,5000,1\nBTC,20000,5\n",
      (it) => parseDepths(it, PAIR),
    ),
    csv(
      "history",
      () => lines("examples/prices/daily-close.csv", 30),
      (it) => parseHistory(it),
    ),
    csv(
      "price table",
      () => lines("examples/prices/hourly-close.csv", 30),
      (it) => parsePriceTable(it),
    ),
    csv(
      "prices as CSV",
      () => lines("examples/prices/daily-close-2024.csv", 30),
      (it) => joinPrices([{ path: "prices", text: it }], JOIN),
    ),
    json(
      "pins",
      () => file("circuits/artefacts.json"),
      (it) => parsePins(it, "pins"),
    ),
    json(
      "manifest",
      async () => formatJson((await defaultArtefacts()).manifest),
      (it) => parseManifest(it, "manifest"),
    ),
    json(
      "verification key",
      () => file("circuits/keys/16x16.development.vkey.json"),
      (it) => parseVerificationKey(it, "key"),
    ),
  ];
}

/** Of the canary book, as an archive discloses it. */
function disclosure(): string {
  const book = parseBook(CANARY_BOOK, LISTING);
  const opening = disclosedOpening(openBook(book, parseSecret(SECRET), LISTING, TIER), LISTING, 1n);
  const scopes = [{ account: "canary", first: 0n, last: 9n }];
  const head = { number: 1, hash: "ab".repeat(32) };
  return [...disclosureLines({ archive: "ab".repeat(32), head, scopes }, [opening])].join("");
}

async function readAll(it: string): Promise<unknown> {
  const { openings } = await readDisclosure(it.replace(/\n$/, "").split("\n"));
  const all = [];
  for await (const opening of openings) all.push(opening);
  return all;
}

const WALLET = new Wallet(WORD);

function ceremonyTerms(): string {
  const blake2b = "cd".repeat(64);
  const terms = {
    ...{ tier: "16x16", circuitSource: "ab".repeat(32), r1cs: "ab".repeat(32), wasm: "ab".repeat(32) },
    phase1: { source: "own" as const, power: 13, blake2b },
    ...{ circuitHash: blake2b, initialKey: "ab".repeat(32), beaconSource: "the hash of a block to come" },
    coordinator: WALLET.address,
  };
  return formatTerms({ ...terms, signature: WALLET.signMessageSync(termsText(terms)) });
}

function contribution(): string {
  const attestation = {
    ...{ ceremony: "ab".repeat(32), index: 1, name: "somebody", contributor: WALLET.address },
    ...{ previous: "cd".repeat(32), contribution: "ef".repeat(64), key: "ab".repeat(32) },
  };
  return formatAttestation({
    ...attestation,
    signature: WALLET.signMessageSync(attestationText(attestation)),
  });
}

const BLOCK: LogRecord = {
  kind: "block",
  block: {
    ...{
      number: 7,
      hash: WORD,
      parent: WORD,
      time: 1_621_382_400,
      contracts: [ADDRESS],
      unknown: [ADDRESS],
      tokens: [[ADDRESS, 6]],
    },
    events: [{ index: 0, tx: 0, role: "marketLedger", topics: [WORD, WORD], data: `0x${"00".repeat(64)}` }],
    calls: [{ tx: 0, from: ADDRESS, to: null, data: "0x1234" }],
    feeds: { prices: [[["1", "0"]], [["2", "0"]]], funding: [["0"], ["-1"]] },
    answers: [{ account: WORD, status: "healthy", deadline: 0 }],
    counts: {
      round: 1,
      epoch: 1,
      accounts: [{ account: WORD, book: 1, health: 1, attesters: [ADDRESS], threshold: 1 }],
    },
  },
};
const HEAD: LogRecord = {
  kind: "head",
  deployment,
  constants: {
    ledger: { twapWindow: 60, minInterval: 1, provingWindow: 60, maxRoundAge: 600, sleeveSlots: 0 },
    gate: { maxProofAge: 600, gracePeriod: 61, callPeriod: 60, callMargin: 10_500 },
    registry: { rotationDelay: 999, longestBook: 9 },
    vault: null,
    key: { words: ["1", "2"], table: WORD, chunks: [WORD] },
    code: { marginGate: WORD },
    sources: { BTC: { code: WORD, bare: WORD } },
    ties: { "marginGate.ledger": ADDRESS },
    local: true,
  },
};
const SHOCKS = JSON.stringify({
  format: "zkmargin/shocks@1",
  name: "weekend",
  shocks: { BTC: -2500, ETH: 100_000 },
});
