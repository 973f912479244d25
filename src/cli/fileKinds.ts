/** What the command line knows of one kind of file. */
export interface FileKind {
  /** What errors call it. */
  readonly words: string;
  /** Its field `format`, without the version; of what comes from elsewhere there is none. */
  readonly format?: string;
  /** Bytes that are read of it at most: far more than any real one has. */
  readonly limit: number;
  /** Whether its owner alone may read it, and nobody is to be handed it. */
  readonly private?: true;
}

const KB = 2 ** 10;
const MB = 2 ** 20;

/** Every kind of file that a command reads or writes: its name, its limit, and whether it is private. */
export const FILE_KINDS = {
  book: { words: "a book", format: "zkmargin/book", limit: 8 * MB, private: true },
  bookCsv: { words: "a book as CSV", limit: 16 * MB, private: true },
  positions: {
    words: "positions or balances of a venue, as JSON or as a table",
    limit: 16 * MB,
    private: true,
  },
  secret: { words: "a secret", limit: 64 * KB, private: true },
  password: { words: "a password", limit: 64 * KB, private: true },
  keystore: { words: "an encrypted JSON keystore", limit: 64 * KB, private: true },
  auditorKey: { words: "an auditor's key", format: "zkmargin/auditor-key", limit: 64 * KB, private: true },
  disclosure: { words: "a disclosure", format: "zkmargin/disclosure", limit: 256 * MB, private: true },
  audit: { words: "an audit", format: "zkmargin/audit", limit: 32 * MB, private: true },
  names: { words: "a file of names", format: "zkmargin/names", limit: 4 * MB },
  accounts: { words: "a list of accounts", limit: 64 * MB },
  config: { words: "a config file", format: "zkmargin/config", limit: 64 * KB },
  alerts: { words: "an alerts file", format: "zkmargin/alerts", limit: 64 * KB },
  report: { words: "a report", limit: 64 * MB, private: true },
  entropy: { words: "randomness", limit: 16 * MB, private: true },
  market: { words: "a market", format: "zkmargin/market", limit: 4 * MB },
  profile: { words: "a risk profile", format: "zkmargin/profile", limit: MB },
  bundle: { words: "a proof bundle", format: "zkmargin/bundle", limit: 4 * MB },
  band: { words: "a band", format: "zkmargin/band", limit: 8 * MB },
  plan: { words: "a deployment plan", format: "zkmargin/deploy-plan", limit: MB },
  creditTerms: { words: "terms of a credit line", format: "zkmargin/credit-terms", limit: 64 * KB },
  deployment: { words: "a deployment manifest", format: "zkmargin/deployment", limit: MB },
  attestation: { words: "an attestation", format: "zkmargin/attestation", limit: 64 * KB },
  bookRequest: {
    words: "a request for a signature",
    format: "zkmargin/book-request",
    limit: 8 * MB,
    private: true,
  },
  attesterRecords: { words: "an attester's records", format: "zkmargin/attester-records", limit: 4 * MB },
  refusal: { words: "a refusal", format: "zkmargin/refusal", limit: 64 * KB },
  signedBooks: { words: "a journal of signed books", format: "zkmargin/signed-books", limit: 256 * MB },
  proposal: { words: "a proposal", format: "zkmargin/proposal", limit: 4 * MB },
  contribution: { words: "a contribution's attestation", format: "zkmargin/contribution", limit: 64 * KB },
  shocks: { words: "a file of shocks", format: "zkmargin/shocks", limit: MB },
  simulation: { words: "a scenario of a simulation", format: "zkmargin/simulation", limit: MB },
  runs: { words: "runs of a simulation", format: "zkmargin/simulation-runs", limit: 1024 * MB },
  sleeve: { words: "a sleeve of options", format: "zkmargin/sleeve", limit: 4 * MB, private: true },
  sleeveArrays: {
    words: "arrays of a sleeve",
    format: "zkmargin/sleeve-arrays",
    limit: 8 * MB,
    private: true,
  },
  surface: { words: "a surface of volatilities", format: "zkmargin/surface", limit: 64 * MB },
  liquidatorStore: {
    words: "a liquidator's store",
    format: "zkmargin/liquidator-store",
    limit: 32 * MB,
    private: true,
  },
  liquidatorCard: { words: "a liquidator's card", format: "zkmargin/liquidator-card", limit: 64 * KB },
  liquidatorTerms: { words: "terms of a liquidators' key", format: "zkmargin/liquidator-terms", limit: MB },
  liquidatorMessage: { words: "a liquidator's message", format: "zkmargin/liquidator-message", limit: MB },
  liquidatorsKey: { words: "a liquidators' key", format: "zkmargin/liquidators-key", limit: MB },
  clearingReveal: {
    words: "a reveal of a frozen book",
    format: "zkmargin/clearing-reveal",
    limit: MB,
    private: true,
  },
  liquidatorJournal: {
    words: "a liquidator's journal",
    format: "zkmargin/liquidator-journal",
    limit: 256 * MB,
  },
  watch: { words: "the state of a watch", format: "zkmargin/watch", limit: MB },
  prices: { words: "a price history", limit: 64 * MB },
  listing: { words: "a listing", format: "zkmargin/listing", limit: MB },
  funding: { words: "a funding history as CSV", limit: 64 * MB },
  macro: { words: "a macro history as CSV", limit: MB },
  depths: { words: "market depths as CSV", limit: MB },
  eventLog: { words: "an event log", format: "zkmargin/event-log", limit: Number.POSITIVE_INFINITY },
  contractLog: { words: "a log of contracts", format: "zkmargin/contract-log", limit: 1024 * MB },
  journal: { words: "a journal of transactions", format: "zkmargin/journal", limit: 64 * MB },
  checkpoint: { words: "a checkpoint of a replay", format: "zkmargin/audit-checkpoint", limit: 512 * MB },
  record: { words: "a record of an archive", format: "zkmargin/archive-record", limit: MB },
  artefacts: { words: "a manifest of keys", format: "zkmargin/artefacts", limit: MB },
  ceremony: { words: "the terms of a ceremony", format: "zkmargin/ceremony", limit: MB },
  transcript: { words: "the transcript of a ceremony", format: "zkmargin/transcript", limit: 16 * MB },
} as const satisfies Record<string, FileKind>;
export type KindName = keyof typeof FILE_KINDS;

/** What is told of a file by the bytes that it begins with. */
const MAGIC: readonly (readonly [bytes: string, words: string])[] = [
  ["zkey", "a proving key"],
  ["r1cs", "a compiled circuit"],
  ["\0asm", "a compiled circuit"],
  ["\xff\xfe", "UTF-16; save it as UTF-8"],
  ["\xfe\xff", "UTF-16; save it as UTF-8"],
  ["\x89PNG", "a picture"],
  ["%PDF", "a PDF"],
  ["PK\x03\x04", "a ZIP archive or a spreadsheet"],
  ["\x1f\x8b", "a compressed file"],
];

/** What bytes that are no text are, if that can be told. */
export function binaryWords(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 8)).toString("latin1");
  return MAGIC.find(([magic]) => start.startsWith(magic))?.[1] ?? "other bytes";
}

/** The kind of a text, by its field `format` or how it begins; undefined where that does not tell. */
export function kindOf(text: string): FileKind | undefined {
  const start = text.replace(/^\uFEFF/, "").trimStart();
  if (start.startsWith("{")) return kindOfJson(start);
  const line = start.slice(0, 200).split(/\r?\n/)[0] ?? "";
  if (/^asset[,;\t]spot[,;\t]/i.test(line)) return FILE_KINDS.bookCsv;
  if (/^(?:0x)?[0-9a-f]{64,}\s*$/i.test(line)) return FILE_KINDS.secret;
  if (/^<(?:!doctype|html)/i.test(line)) return { words: "an HTML page", limit: 0 };
  return undefined;
}

function kindOfJson(text: string): FileKind | undefined {
  const json = parsed(text) ?? parsed(text.split("\n", 1)[0] ?? "");
  if (json === undefined) return undefined;
  const { format, version } = json;
  if (version === 3 && Object.keys(json).some((key) => key.toLowerCase() === "crypto"))
    return FILE_KINDS.keystore;
  const kinds: readonly FileKind[] = Object.values(FILE_KINDS);
  return typeof format === "string" ? kinds.find((kind) => kind.format === format.split("@")[0]) : undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return json !== null && typeof json === "object" ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** What an error says of a file that is of another kind. */
export function wrongKindWords(kind: FileKind): string {
  const named = kind.format === undefined ? kind.words : `${kind.words} (${kind.format})`;
  return kind.private ? `${named}; it is private: do not hand it out` : named;
}

/** What an error says that it wants. */
export function wantedWords(kinds: readonly KindName[]): string {
  return kinds
    .map((name) => FILE_KINDS[name])
    .map((kind: FileKind) => (kind.format === undefined ? kind.words : `${kind.words} (${kind.format})`))
    .join(" or ");
}
