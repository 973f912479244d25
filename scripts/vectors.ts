/**
 * Writes test/vectors/proofs.json: real proofs of the example books, with the key, the markets and their folded
 * points in the EVM's words, for the contracts' tests. `proofs` are plain; `others`, all in the first market, rest on a sleeve or
 * a support. Proofs are random; everything else is the same every time.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseBook } from "../src/book/bookFile.js";
import { type Opening, openBook } from "../src/book/opening.js";
import { packageRoot } from "../src/groth16/artefacts/layout.js";
import type { VerificationKey } from "../src/groth16/verificationKey.js";
import { denseMarket, type MarketFile } from "../src/market/file.js";
import { SLEEVE_GAINS } from "../src/protocol/bounds.js";
import { packClaim } from "../src/protocol/claim.js";
import { commitBook } from "../src/protocol/commitment.js";
import { healthOf } from "../src/protocol/health.js";
import { listingDigest } from "../src/protocol/listing.js";
import { profileWords } from "../src/protocol/profileWords.js";
import { ACCOUNT_SIGNALS, publicSignals, signalLayout, toField } from "../src/protocol/signals.js";
import { claimHolds } from "../src/protocol/statement.js";
import type { SleeveNumbers } from "../src/protocol/types.js";
import { setup } from "../src/prove/artefacts.js";
import type { Bundle } from "../src/prove/bundle.js";
import { ProvingSession } from "../src/prove/session.js";
import { add, type Point, times } from "./vectors/g1.js";
import { DATES, evenMarket, TIER as tier } from "./vectors/markets.js";

const BOOKS = ["cash-and-carry", "leveraged-long", "isolated-perp", "aave-borrower"];
const ENVELOPE = 50;
/** Basis points; of each book the first at which a verdict can be proven, as its prices lie far apart. */
const THETAS = [10_000, 12_500];
const THETAS_OF_OTHERS = [...THETAS, 15_000, 20_000, 30_000];
/** Claims in the first market that are not plain: of which book, with a sleeve or not, and with which support in cents. */
const OTHERS = [
  { what: "health with a sleeve", book: "cash-and-carry", sleeve: true, healthy: true, envelope: ENVELOPE },
  { what: "ill health with a sleeve", book: "leveraged-long", sleeve: true, healthy: false },
  { what: "health with dollars added", book: "leveraged-long", healthy: true, support: 100_000_000n },
  { what: "health with dollars taken", book: "cash-and-carry", healthy: true, support: -100_000n },
  { what: "ill health with dollars added", book: "leveraged-long", healthy: false, support: 100n },
  {
    what: "ill health with dollars taken",
    book: "cash-and-carry",
    healthy: false,
    support: -100_000_000_000n,
  },
] as const;
/** Cents: less in each scenario than it is worth now, as sold options are. */
const SLEEVE: SleeveNumbers = {
  value: -250_000n,
  gains: Array.from({ length: SLEEVE_GAINS }, (_, s) => BigInt(s % 4) * -50_000n),
  charge: 10_000n,
  slack: 5_000n,
  detail: 0x5eedn,
};
const SECRET = Buffer.from("zkmargin test vectors: a secret that is none", "ascii");

const root = packageRoot();
const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const words = (values: readonly bigint[]): string[] => values.map(hex);
const g1 = ([x, y, z]: readonly string[]): Point =>
  z === "0" ? [0n, 0n] : [BigInt(x ?? ""), BigInt(y ?? "")];
/** The EVM puts the imaginary part of each coordinate first. */
const g2 = ([x, y]: readonly (readonly string[])[]): bigint[] =>
  [x?.[1], x?.[0], y?.[1], y?.[0]].map((part) => BigInt(part ?? ""));

function fold(key: VerificationKey, signals: readonly bigint[], first: number): Point {
  const ic = (index: number): Point => g1(key.IC[index] ?? []);
  return signals.reduce((sum, signal, i) => add(sum, times(ic(first + i + 1), signal)), ic(0));
}

function describeMarket(key: VerificationKey, market: MarketFile, signals: readonly bigint[]) {
  const dense = denseMarket(market, tier);
  const layout = signalLayout(tier);
  const { offset: prices } = layout.get("low") ?? { offset: 0 };
  const { offset: factors } = layout.get("collateralFactor") ?? { offset: 0 };
  const withoutPrices = signals.map((signal, i) => (i >= prices && i < factors ? 0n : signal));
  return {
    listing: hex(listingDigest(market.listing)),
    listed: market.listing.length,
    profile: words(profileWords(market.profile, tier)),
    low: words(dense.low),
    high: words(dense.high),
    /** Modulo r. */
    funding: words(dense.funding.map(toField)),
    profilePoint: words(fold(key, withoutPrices.slice(ACCOUNT_SIGNALS), ACCOUNT_SIGNALS)),
    folded: words(fold(key, signals.slice(ACCOUNT_SIGNALS), ACCOUNT_SIGNALS)),
  };
}

function describeProof(market: number, bundle: Bundle) {
  return {
    market,
    commitment: hex(bundle.commitment),
    claim: hex(packClaim(bundle.claim)),
    a: words(g1(bundle.proof.pi_a)),
    b: words(g2(bundle.proof.pi_b)),
    c: words(g1(bundle.proof.pi_c)),
  };
}

async function openExample(name: string, index: number, market: MarketFile): Promise<Opening> {
  const text = await readFile(join(root, "examples", "books", `${name}.json`), "utf8");
  const file = parseBook(text, market.listing);
  return openBook({ ...file, sequence: file.sequence + index }, SECRET, market.listing, tier);
}

/** The same opening of the book with {@link SLEEVE} in it. */
function withSleeve(opening: Opening, market: MarketFile): Opening {
  const book = { ...opening.book, sleeve: SLEEVE };
  return { ...opening, book, commitment: commitBook(book, opening.salt, listingDigest(market.listing)) };
}

const { artefacts } = await setup({ home: join(root, "build", "keys"), tier });
const { verificationKey: key } = artefacts;
const session = await ProvingSession.open(artefacts);
const markets = [];
const proofs = [];
const others = [];
try {
  for (const [index, date] of DATES.entries()) {
    const market = await evenMarket(date);
    const dense = denseMarket(market, tier);
    let described: ReturnType<typeof describeMarket> | undefined;
    for (const name of BOOKS) {
      const opening = await openExample(name, index, market);
      const provable = THETAS.map((theta) => ({ theta, ...healthOf(opening.book, dense, theta) })).find(
        ({ healthy, unhealthy }) => healthy || unhealthy,
      );
      if (provable === undefined) continue;
      const { theta, healthy, largestEnvelope } = provable;
      const envelope = healthy && (largestEnvelope ?? 0) >= ENVELOPE ? ENVELOPE : 0;
      const bundle = await session.prove({ opening, market, theta, envelope, healthy });
      const { commitment, claim } = bundle;
      const listing = listingDigest(market.listing);
      described ??= describeMarket(key, market, publicSignals({ commitment, claim, listing, market: dense }));
      proofs.push(describeProof(index, bundle));
    }
    markets.push(described);
  }
  const market = await evenMarket(DATES[0] ?? "");
  for (const [i, { what, book, ...claim }] of OTHERS.entries()) {
    const plain = await openExample(book, DATES.length + i, market);
    const opening = "sleeve" in claim ? withSleeve(plain, market) : plain;
    const theta = THETAS_OF_OTHERS.find((one) =>
      claimHolds(opening.book, denseMarket(market, tier), {
        envelope: 0,
        sleeve: true,
        ...claim,
        theta: one,
      }),
    );
    if (theta === undefined) throw new RangeError(`expected a θ at which to prove ${what}, got none`);
    const bundle = await session.prove({ opening, market, theta, ...claim });
    others.push({ what, ...describeProof(0, bundle) });
  }
} finally {
  await session.close();
}

const vectors = {
  key: {
    hash: artefacts.verificationKeyHash,
    alpha: words(g1(key.vk_alpha_1)),
    beta: words(g2(key.vk_beta_2)),
    gamma: words(g2(key.vk_gamma_2)),
    delta: words(g2(key.vk_delta_2)),
    ic: words(key.IC.flatMap((point) => [...g1(point)])),
  },
  markets,
  proofs,
  others,
};
const path = join(root, "test", "vectors", "proofs.json");
await writeFile(path, `${JSON.stringify(vectors, null, 1)}\n`);
console.log(
  `${proofs.length} proofs and ${others.length} others in ${markets.length} markets written to ${path}`,
);
