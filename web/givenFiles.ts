import { FormatError, MalformedError, OutOfRangeError, ZkMarginError } from "zkmargin/protocol";
import { formatOf } from "zkmargin/verify";

/** Largest file that is read. A bundle with its market has some 50 KB; the largest that is valid, well below 1 MB. */
export const MAX_BYTES = 4 * 2 ** 20;

/** Files that the page holds at once: a reader has a handful, and each is verified again when the market changes. */
export const MAX_FILES = 64;

/** What the page can examine, by the format that a file says it is; a band is taken as a bundle of two proofs. */
const KINDS: ReadonlyMap<unknown, Kind> = new Map([
  ["zkmargin/bundle@2", "bundle"],
  ["zkmargin/band@1", "bundle"],
  ["zkmargin/market@1", "market"],
  ["zkmargin/attestation@3", "attestation"],
  ["zkmargin/attestation@2", "attestation"],
  ["zkmargin/attestation@1", "attestation"],
  // Refused, with a word on what to do.
  ["zkmargin/bundle@1", "bundle"],
]);
export type Kind = "bundle" | "market" | "attestation";

/** What the page needs of a file that was dropped. */
export type Source = Pick<File, "name" | "size" | "text">;

/** A file as it was dropped, and what has become of it. */
export interface Given {
  readonly name: string;
  /** Counts drops, so that files of one drop are told from those of another. */
  readonly drop: number;
  state:
    | { readonly is: "reading" }
    | { readonly is: "taken"; readonly kind: Kind; readonly text: string }
    | { readonly is: "refused"; readonly reason: string };
}

/**
 * The files that the page was given. Every file that was dropped stands here, whether it was taken or refused, until its
 * reader takes it away or drops another of its name: so no verdict outlives its file, and no refusal goes unseen. The order
 * is that of dropping, whatever the order in which the browser reads them.
 */
export class GivenFiles {
  #files: Given[] = [];
  #drops = 0;
  readonly #changed: () => void;

  /** @param changed called after every change, and at once when something is dropped, before it is read */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get all(): readonly Given[] {
    return this.#files;
  }

  /** Takes the place of earlier files of the same names. Of one drop, files of one name all stay. */
  async drop(sources: readonly Source[]): Promise<void> {
    if (sources.length === 0) return;
    const drop = ++this.#drops;
    const files = sources.map(({ name }): Given => ({ name, drop, state: { is: "reading" } }));
    const names = new Set(files.map(({ name }) => name));
    this.#files = [...this.#files.filter(({ name }) => !names.has(name)), ...files];
    this.#changed();
    await Promise.all(
      files.map(async (file, i) => {
        const source = sources[i];
        if (source !== undefined)
          file.state = await stateAfterReading(source, this.#files.indexOf(file) < MAX_FILES);
      }),
    );
    this.#settle();
    this.#changed();
  }

  remove(which: (file: Given) => boolean): void {
    this.#files = this.#files.filter((file) => !which(file));
    this.#settle();
    this.#changed();
  }

  /** One market is trusted at a time: that of the newest drop, which may bring no two. */
  #settle(): void {
    if (this.#files.some(({ state }) => state.is === "reading")) return;
    const markets = this.#files.filter(({ state }) => state.is === "taken" && state.kind === "market");
    const newest = Math.max(...markets.map(({ drop }) => drop));
    this.#files = this.#files.filter((file) => !markets.includes(file) || file.drop === newest);
    const [first, ...others] = markets.filter(({ drop }) => drop === newest);
    if (first === undefined || others.every((other) => textOf(other) === textOf(first)))
      this.#files = this.#files.filter((file) => !others.includes(file));
    else
      for (const market of [first, ...others])
        market.state = {
          is: "refused",
          reason: `${market.name}: expected one market file, got ${others.length + 1} at once; drop the one that you trust by itself`,
        };
  }
}

export function textOf({ state }: Given): string | undefined {
  return state.is === "taken" ? state.text : undefined;
}

async function stateAfterReading(source: Source, hasRoom: boolean): Promise<Given["state"]> {
  try {
    if (!hasRoom)
      throw new OutOfRangeError(
        source.name,
        `at most ${MAX_FILES} files`,
        "one more; take others away first",
      );
    return { is: "taken", ...(await readGiven(source)) };
  } catch (error) {
    return { is: "refused", reason: refusal(error, source.name) };
  }
}

/**
 * Reads a file as far as to know what it is; whether it is whole is for the examination to find.
 * @throws OutOfRangeError for a file that is too large, which is not read
 * @throws MalformedError, FormatError for one that is no bundle, market or attestation
 */
async function readGiven(source: Source): Promise<{ readonly kind: Kind; readonly text: string }> {
  const { name, size } = source;
  if (size > MAX_BYTES)
    throw new OutOfRangeError(name, `a file of at most ${megabytes(MAX_BYTES)}`, megabytes(size));
  const text = await source.text().catch(() => {
    throw new MalformedError(name, "a file that this browser can read", "none; of a folder, drop its files");
  });
  const kind = KINDS.get(formatOf(text, name));
  if (kind === undefined)
    throw new FormatError(
      `${name}.format`,
      [...KINDS.keys()].join(" or "),
      "another format; drop a proof bundle, a market file or an attestation",
    );
  return { kind, text };
}

/** Why a file was not taken in, in words. */
function refusal(error: unknown, name: string): string {
  return error instanceof ZkMarginError
    ? error.message
    : `${name}: expected a proof bundle, a market file or an attestation, got one on which this page fails`;
}

function megabytes(bytes: number): string {
  return `${Math.ceil((10 * bytes) / 2 ** 20) / 10} MB`;
}
