import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Archive } from "../../../src/audit/archive/archive.js";
import { parseRecord } from "../../../src/audit/archive/record.js";
import { disclosedOpening, readDisclosure } from "../../../src/audit/disclosure.js";
import { parseBook } from "../../../src/book/bookFile.js";
import { parseBookRequest } from "../../../src/book/bookRequest.js";
import { openBook } from "../../../src/book/opening.js";
import { parseSecret } from "../../../src/book/salt.js";
import { fileJournal } from "../../../src/chain/journal.js";
import { pinnedVerificationKey } from "../../../src/groth16/artefacts/load.js";
import { parseMarket, serialiseMarket } from "../../../src/market/file.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { TIERS } from "../../../src/protocol/tiers.js";
import { loadArtefacts } from "../../../src/prove/artefacts.js";
import { parseBundle } from "../../../src/prove/bundle.js";
import { verifyBundle } from "../../../src/prove/bundleVerifier.js";
import { KEYS, SECRET } from "../../cli/support.js";
import { toyPackage } from "../../groth16/setup/toy.js";
import { marketOf } from "../../market/fixtures.js";
import { defaultArtefacts } from "../../support/desk.js";
import { CANARY_BOOK, CANARY_CSV } from "../canary/canaries.js";
import { provenBundle } from "../provenBundle.js";
import { CLI, type Scenario } from "./scenario.js";

const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** The same at every call, and made once. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const HEADER = "archive/00000000.record";

/** The commands that write, each with everything that it may leave. */
export const scenarios: readonly Scenario[] = [
  {
    name: "book secret",
    seconds: 0.3,
    faults: 20,
    inputs: async () => ({}),
    command: (at) => [CLI, "book", "secret", "--out", at("secret")],
    outputs: { secret: (text) => parseSecret(text) },
    there: "refused",
  },
  {
    name: "book import",
    seconds: 0.3,
    faults: 20,
    inputs: async () => ({ "book.csv": CANARY_CSV }),
    command: (at) => [
      ...[CLI, "book", "import", at("book.csv"), "--account", "canary", "--sequence", "3"],
      ...["--out", at("book.json")],
    ],
    outputs: { "book.json": (text) => assert.equal(parseBook(text, DEFAULT_LISTING).positions.length, 2) },
    there: "replaced",
    writesBook: true,
  },
  {
    name: "book commit",
    seconds: 0.3,
    faults: 4,
    inputs: async () => ({ "book.json": CANARY_BOOK, secret: SECRET }),
    command: (at) => [CLI, "book", "commit", at("book.json"), "--secret", at("secret")],
    outputs: {},
    there: "taken",
  },
  {
    name: "attest request",
    seconds: 0.4,
    faults: 16,
    inputs: async () => ({ "book.json": CANARY_BOOK, secret: SECRET }),
    command: (at) => [
      ...[CLI, "attest", "request", at("book.json"), "--account", `0x${"e6".repeat(32)}`],
      ...["--secret", at("secret"), "--books", "2", "--out", at("request.json")],
    ],
    outputs: {
      "request.json": (text) => assert.equal(parseBookRequest(text, DEFAULT_LISTING).salts.length, 2),
    },
    there: "replaced",
    writesBook: true,
  },
  {
    name: "archive init",
    seconds: 0.4,
    faults: 16,
    inputs: async () => ({ secret: SECRET }),
    command: (at) => [CLI, "archive", "init", at("archive"), "--secret", at("secret")],
    outputs: { [HEADER]: isRecord },
    there: "refused",
  },
  {
    name: "book commit --archive",
    seconds: 0.4,
    faults: 24,
    inputs: once(archiveInputs),
    command: (at) => [
      ...[CLI, "book", "commit", at("book.json"), "--secret", at("secret")],
      ...["--archive", at("archive")],
    ],
    outputs: { "archive/00000001.record": isRecord },
    there: "taken",
  },
  {
    name: "archive export",
    seconds: 0.4,
    faults: 12,
    inputs: once(archiveWithOpening),
    command: (at) => [
      ...[CLI, "archive", "export", at("archive"), "--secret", at("secret")],
      ...["--out", at("desk.disclosure")],
    ],
    outputs: { "desk.disclosure": isDisclosure },
    there: "replaced",
    writesBook: true,
  },
  {
    name: "market build",
    seconds: 0.3,
    faults: 12,
    inputs: async () => ({}),
    command: (at) => [CLI, "market", "build", "--date", "2021-05-17", "--out", at("market.json")],
    outputs: { "market.json": (text) => parseMarket(text) },
    there: "replaced",
  },
  {
    name: "prove",
    seconds: 1.2,
    faults: 16,
    inputs: once(async () => {
      await defaultArtefacts();
      const market = serialiseMarket(marketOf("2021-05-17"));
      return { "book.json": CANARY_BOOK, secret: SECRET, "market.json": market };
    }),
    command: (at) => [
      ...[CLI, "prove", at("book.json"), "--market", at("market.json"), "--secret", at("secret")],
      ...["--home", KEYS, "--out", at("proof.json")],
    ],
    outputs: { "proof.json": verifies },
    there: "replaced",
  },
  {
    name: "verify --export",
    seconds: 0.4,
    faults: 24,
    inputs: once(async () => ({ "proof.json": await provenBundle() })),
    command: (at) => [CLI, "verify", at("proof.json"), "--export", at("snarkjs")],
    outputs: {
      "snarkjs/verification_key.json": (text) => JSON.parse(text),
      "snarkjs/public.json": (text) => assert.equal(JSON.parse(text).length, 404),
      "snarkjs/proof.json": (text) => JSON.parse(text),
    },
    there: "taken",
  },
  {
    name: "setup",
    seconds: 1.2,
    faults: 20,
    inputs: once(toyInputs),
    command: (at) => [beside("setupToy.mjs"), at("home"), at("package")],
    outputs: Object.fromEntries(
      ["circuit.r1cs", "circuit.wasm", "proving-key.zkey", "verification-key.json", "manifest.json"].map(
        (file) => [`home/toy/${file}`, (text: string) => assert.ok(text.length > 0)],
      ),
    ),
    there: "taken",
  },
  {
    name: "journal",
    seconds: 0.2,
    faults: 40,
    inputs: async () => ({}),
    command: (at) => [beside("journal.mjs"), at("journal")],
    outputs: { journal: holdsWhatWasKept },
    there: "taken",
  },
];

function isRecord(text: string): void {
  assert.ok(parseRecord(Buffer.from(text)), "a whole record");
}

async function isDisclosure(text: string): Promise<void> {
  const { openings } = await readDisclosure(text.trimEnd().split("\n"));
  let count = 0;
  for await (const _ of openings) count++;
  assert.equal(count, 1);
}

/** A canary book, its secret and an archive that is new. */
async function archiveInputs(): Promise<Record<string, string>> {
  return archiveAfter(async () => undefined);
}

async function archiveWithOpening(): Promise<Record<string, string>> {
  const [tier] = TIERS;
  const opening = openBook(
    parseBook(CANARY_BOOK, DEFAULT_LISTING),
    parseSecret(SECRET),
    DEFAULT_LISTING,
    tier,
  );
  return archiveAfter((archive) =>
    archive.add(disclosedOpening(opening, DEFAULT_LISTING, null), 1_621_382_400),
  );
}

async function archiveAfter(work: (archive: Archive) => Promise<unknown>): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-archived-"));
  try {
    await work(await Archive.create(join(folder, "archive"), parseSecret(SECRET)));
    const names = await readdir(join(folder, "archive"));
    const records = names.map(
      async (name) => [`archive/${name}`, await readFile(join(folder, "archive", name), "utf8")] as const,
    );
    return { "book.json": CANARY_BOOK, secret: SECRET, ...Object.fromEntries(await Promise.all(records)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function verifies(text: string): Promise<void> {
  const bundle = parseBundle(text);
  verifyBundle({ bundle, trusted: await pinnedVerificationKey(bundle.tier) });
}

/** A journal can be opened whatever has happened, and holds all that its writer was told it would. */
async function holdsWhatWasKept(text: string, { out }: { out: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-kept-"));
  try {
    const path = join(folder, "journal");
    await writeFile(path, text, "latin1");
    const journal = await fileJournal(path, { sender: `0x${"aa".repeat(20)}`, chainId: 31_337n });
    for (const key of out) assert.ok(journal.get(key), `${key} was kept`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The package of the toy tier, pins included. */
async function toyInputs(): Promise<Record<string, string>> {
  const made = await toyPackage();
  const read = async (path: string) =>
    [`package/${path}`, await readFile(join(made.root, path), "utf8")] as const;
  const files = await Promise.all(
    ["circuits/main/toy.circom", "circuits/lib/Square.circom", "circuits/artefacts.json"].map(read),
  );
  await made.remove();
  return Object.fromEntries(files);
}
