/**
 * Writes test/vectors/verdicts.json: what snarkjs' own verifier says of the proofs in proofs.json, as they are and
 * spoiled in every word. Tests hold the contract's verifier to it. The same proofs give the same file. Run it after
 * vectors.ts: `npx tsx scripts/verdicts.ts`; with --check it only compares.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCurveFromName } from "ffjavascript";
import { type Groth16Proof, groth16 } from "snarkjs";
import { packageRoot } from "../src/groth16/artefacts/layout.js";
import { denseMarket } from "../src/market/file.js";
import { unpackClaim } from "../src/protocol/claim.js";
import { listingDigest } from "../src/protocol/listing.js";
import { publicSignals } from "../src/protocol/signals.js";
import { editsOf, type Words } from "./vectors/edits.js";
import { DATES, evenMarket, TIER } from "./vectors/markets.js";

interface Proven {
  readonly market: number;
  readonly commitment: string;
  readonly claim: string;
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly c: readonly string[];
}

/** The words that the verifier is given, and what it says. */
interface Case {
  readonly name: string;
  /** Index of the proof, and of the market it is held against. */
  readonly proof: number;
  readonly market: number;
  readonly words: readonly string[];
  /** What snarkjs says. */
  readonly accepted: boolean;
}

const root = packageRoot();
const vectors = join(root, "test", "vectors");
const { proofs } = JSON.parse(await readFile(join(vectors, "proofs.json"), "utf8")) as { proofs: Proven[] };
const key = JSON.parse(
  await readFile(join(root, "circuits", "keys", `${TIER.name}.development.vkey.json`), "utf8"),
) as Record<string, unknown>;
const signals = await Promise.all(DATES.map(signalsOf));

/** The public signals of a date's market, behind the two that are an account's. */
async function signalsOf(date: string): Promise<bigint[]> {
  const market = await evenMarket(date);
  const [first] = proofs;
  if (first === undefined)
    throw new RangeError("proofs.json: expected proofs, got none; run scripts/vectors.ts");
  const claim = unpackClaim(BigInt(first.claim), "claim");
  const listing = listingDigest(market.listing);
  return publicSignals({ commitment: 0n, claim, listing, market: denseMarket(market, TIER) }).slice(2);
}

const wordsOf = ({ commitment, claim, a, b, c }: Proven): Words =>
  [commitment, claim, ...a, ...b, ...c].map((word) => BigInt(word));

/** In snarkjs' form: the real part of each coordinate first, and infinity as 0, 1, 0. */
function snarkjsProof(words: Words): Groth16Proof {
  const [ax = "", ay = "", bx1 = "", bx0 = "", by1 = "", by0 = "", cx = "", cy = ""] = words
    .slice(2)
    .map(String);
  const g1 = (x: string, y: string) => (x === "0" && y === "0" ? ["0", "1", "0"] : [x, y, "1"]);
  return {
    pi_a: g1(ax, ay),
    pi_b: [
      [bx0, bx1],
      [by0, by1],
      ["1", "0"],
    ],
    pi_c: g1(cx, cy),
    protocol: "groth16",
    curve: "bn128",
  };
}

/** What snarkjs says; whatever it throws at is not accepted. */
async function verdictOf(words: Words, market: number): Promise<boolean> {
  const publicWords = [...words.slice(0, 2), ...(signals[market] ?? [])].map(String);
  return groth16.verify(key, publicWords, snarkjsProof(words)).catch(() => false);
}

const hex = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const curve = await getCurveFromName("bn128");
const cases: Case[] = [];
try {
  for (const [proof, proven] of proofs.entries()) {
    const others = [1, 2].map((step) => wordsOf(proofs[(proof + step) % proofs.length] as Proven));
    const push = async (name: string, words: Words, market: number): Promise<void> => {
      const accepted = await verdictOf(words, market);
      cases.push({ name, proof, market, words: words.map(hex), accepted });
    };
    for (const { name, words } of editsOf(wordsOf(proven), others, curve))
      await push(name, words, proven.market);
    await push("another market", wordsOf(proven), 1 - proven.market);
  }
} finally {
  await curve.terminate();
}

const path = join(vectors, "verdicts.json");
const text = `${JSON.stringify({ cases: cases.map(edited) }, null, 1)}\n`;
if (process.argv.includes("--check")) {
  if ((await readFile(path, "utf8")) !== text) {
    console.error(
      `${path} is not what snarkjs says: run \`npx tsx scripts/verdicts.ts\` and commit the result`,
    );
    process.exit(1);
  }
} else await writeFile(path, text);
const accepted = cases.filter((c) => c.accepted).map(({ name }) => name);
console.log(`${cases.length} cases, of which snarkjs accepts ${accepted.length}, in ${path}`);

/** Only the words that differ, as index and word by turns: ten words a case would be a long file. */
function edited({ name, proof, market, words, accepted }: Case) {
  const own = wordsOf(proofs[proof] as Proven).map(hex);
  const edits = words.flatMap((word, i) => (word === own[i] ? [] : [hex(BigInt(i)), word]));
  return { name, proof, market, edits, accepted };
}
