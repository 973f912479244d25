import { constants, type Stats } from "node:fs";
import { access, type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { decodeText } from "../encoding/sheet.js";
import {
  FormatError,
  MalformedError,
  OutOfRangeError,
  UnreadableError,
  UnwritableError,
  UsageError,
} from "../errors.js";
import { packageRoot } from "../groth16/artefacts/layout.js";
import { writeAtomic } from "../groth16/artefacts/writeAtomic.js";
import {
  binaryWords,
  FILE_KINDS,
  type FileKind,
  type KindName,
  kindOf,
  wantedWords,
  wrongKindWords,
} from "./fileKinds.js";
import { type Inputs, STDIN } from "./inputs.js";

/** What the command line may touch of the terminal; the process in main.ts, strings in tests. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input, or more than `limit` bytes of it. */
  stdin(limit: number): Promise<Uint8Array>;
  /** Whether standard error is a terminal, so that progress may redraw its line. */
  readonly interactive: boolean;
  /** How this program was started, for a hint that can be copied. */
  readonly invocation: string;
  /** Columns of the terminal that standard output is; absent where it is none, so that nothing is cut. */
  readonly columns?: number;
  /** Which of the two streams is a terminal that is to have colours; neither by default. */
  readonly colour?: { readonly out: boolean; readonly err: boolean };
}

/** What a command may touch: the terminal, and files through {@link readInput} and {@link save}. */
export interface Io extends Terminal {
  /** What this run reads, and therefore never writes over. */
  readonly inputs: Inputs;
  /** What the user calls accounts and addresses, by id in small letters: of the file that --names gives. */
  readonly names: { byId: ReadonlyMap<string, string> };
}

/** What the user calls an id, with the id; the id alone where it has no name. */
export function called({ names }: Io, id: string): string {
  const name = names.byId.get(id.toLowerCase());
  return name === undefined ? id : `${name} ${id}`;
}

/** Runs `work` with a signal that an interrupt (SIGINT or SIGTERM) aborts. A second interrupt ends the process. */
export async function untilInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    return await work(stop.signal);
  } finally {
    process.removeListener("SIGINT", end).removeListener("SIGTERM", end);
  }
}

const OTHERS_MAY_READ = 0o044;
/** Modes of files that commands write, less what the umask takes. */
const MODES = { private: 0o600, public: 0o644 } as const;

/**
 * The text of a file, or of standard input for "-". It is of one of these kinds, as far as that can be told without
 * parsing it, and no larger than they may be.
 * @throws UnreadableError naming the path, OutOfRangeError for a file that is too large, MalformedError if it is no
 *   UTF-8 text, FormatError for a file of another kind
 */
export async function readInput(
  io: Io,
  path: string,
  ...kinds: readonly [KindName, ...KindName[]]
): Promise<string> {
  await io.inputs.reads({ path, name: path });
  return readKept(io, path, ...kinds);
}

/** As {@link readInput}, of a file that the command itself keeps, and may write again. */
export async function readKept(
  io: Io,
  path: string,
  ...kinds: readonly [KindName, ...KindName[]]
): Promise<string> {
  const name = path === STDIN ? "standard input" : path;
  const bytes = await bytesOf(io, path, kinds);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MalformedError(name, "UTF-8 text", binaryWords(bytes));
  }
  checkKind(text, name, kinds);
  return text;
}

/** As {@link readInput}, of a file that other programs wrote: in UTF-8 or UTF-16, with a byte-order mark or without. */
export async function readForeign(
  io: Io,
  path: string,
  ...kinds: readonly [KindName, ...KindName[]]
): Promise<string> {
  await io.inputs.reads({ path, name: path });
  const name = path === STDIN ? "standard input" : path;
  const bytes = await bytesOf(io, path, kinds);
  const binary = binaryWords(bytes);
  if (binary !== "other bytes" && !binary.startsWith("UTF-16"))
    throw new MalformedError(name, "text", binary);
  const text = decodeText(bytes, name);
  checkKind(text, name, kinds);
  return text;
}

/** The bytes of a file, or of standard input, no more than its kind may have. */
async function bytesOf(io: Io, path: string, kinds: readonly KindName[]): Promise<Uint8Array> {
  const wanted: readonly FileKind[] = kinds.map((kind) => FILE_KINDS[kind]);
  const limit = Math.max(...wanted.map((kind) => kind.limit));
  const bytes = path === STDIN ? await io.stdin(limit) : await readLimited(io, path, limit, wanted);
  const name = path === STDIN ? "standard input" : path;
  if (bytes.length > limit) throw tooLarge(name, wanted, limit, `more than ${limit} bytes`);
  return bytes;
}

/** That a text is of no other kind than these, as far as that can be told. @throws FormatError */
function checkKind(text: string, name: string, kinds: readonly KindName[]): void {
  const found = kindOf(text);
  // What may be any text is not to be told from others.
  const known = kinds.filter((kind) => kind !== "password" && kind !== "entropy");
  if (
    found === undefined ||
    known.length === 0 ||
    known.some((kind) => FILE_KINDS[kind].words === found.words)
  )
    return;
  throw new FormatError(name, wantedWords(known), wrongKindWords(found));
}

/** How much of a file tells what it is, bytes. */
const BEGINNING = 2 ** 20;

/** That a file which is read line by line is of this kind, as far as its beginning tells. @throws FormatError, UnreadableError */
export async function checkBeginning(io: Io, path: string, kind: KindName): Promise<void> {
  await io.inputs.reads({ path, name: path });
  const file = await open(path).catch((error) => {
    throw new UnreadableError(path, "a readable file", reason(error, "no such file"));
  });
  try {
    if (!(await file.stat()).isFile()) return;
    const bytes = await upTo(file, BEGINNING);
    checkKind(Buffer.from(bytes).toString("utf8"), path, [kind]);
  } finally {
    await file.close();
  }
}

async function readLimited(
  io: Io,
  path: string,
  limit: number,
  wanted: readonly FileKind[],
): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const found = await file.stat();
    if (found.isFile() && found.size > limit) throw tooLarge(path, wanted, limit, `${found.size} bytes`);
    if (wanted.some((kind) => kind.private)) warnOfReaders(io, path, found);
    return await upTo(file, limit);
  } catch (error) {
    if (error instanceof OutOfRangeError) throw error;
    throw new UnreadableError(path, "a readable file", reason(error, "no such file"));
  } finally {
    await file?.close();
  }
}

/** The bytes of a file, or one more than `limit` of what has no size, such as a pipe. */
async function upTo(file: FileHandle, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.createReadStream({
    autoClose: false,
    end: limit,
  }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string, wanted: readonly FileKind[], limit: number, got: string): OutOfRangeError {
  const words = wanted.map((kind) => kind.words).join(" or ");
  return new OutOfRangeError(name, `${words} of at most ${limit} bytes`, got);
}

/** Warns of a private file that others may read. What the package ships is everybody's. */
function warnOfReaders(io: Io, path: string, found: Stats): void {
  if (process.platform === "win32" || !found.isFile() || (found.mode & OTHERS_MAY_READ) === 0) return;
  if (resolve(path).startsWith(join(packageRoot(), "examples") + sep)) return;
  io.err(`zkmargin: ${path} is private, and others may read it: chmod 600 ${path}\n`);
}

/**
 * Checks, before any work is done, that a file can be written. That it is none of the inputs is {@link Inputs}' to check.
 * @throws UnwritableError naming the path, UsageError for "-".
 */
export async function checkOutput(path: string): Promise<void> {
  if (path === STDIN)
    throw new UsageError('--out: expected a file, got "-"; results are written to files only');
  const folder = dirname(path);
  try {
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(folder, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) throw new UnwritableError(path, "a file that can be written", "a folder");
  if (found !== undefined && !found.isFile())
    throw new UnwritableError(path, "a file that can be written", "a device or a pipe");
}

/** As {@link checkOutput}, for a file that must be new. @throws UnwritableError, UsageError */
export async function checkNewOutput(path: string): Promise<void> {
  await checkOutput(path);
  if (
    await stat(path).then(
      () => true,
      () => false,
    )
  )
    throw new UnwritableError(path, "the name of a new file", "one that exists and is not replaced");
}

/**
 * Writes a file whole or not at all, and never over an input: readable by its owner alone if its kind is private, by
 * everybody otherwise.
 * @throws UnwritableError naming the path.
 */
export async function save(io: Io, path: string, text: string, kind: KindName): Promise<void> {
  await io.inputs.check(path);
  const { private: isPrivate }: FileKind = FILE_KINDS[kind];
  await writeAtomic(path, text, isPrivate ? MODES.private : MODES.public).catch((error) => {
    throw unwritable(path, error);
  });
}

/**
 * Writes files into a folder, which is made if need be: all of them, or none and no folder either. They are readable by
 * everybody.
 * @throws UnwritableError naming the path.
 */
export async function saveAll(
  io: Io,
  folder: string,
  files: Readonly<Record<string, string>>,
  kind: KindName,
): Promise<void> {
  for (const name of Object.keys(files)) await io.inputs.check(join(folder, name));
  const made = await makeFolder(folder);
  const written: string[] = [];
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      await checkOutput(path);
      await save(io, path, text, kind);
      written.push(path);
    }
  } catch (error) {
    for (const path of made === undefined ? written : [made])
      await rm(path, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Makes a folder and those above it; returns the first one made, if any.
 * @throws UnwritableError naming the path.
 */
export function makeFolder(path: string): Promise<string | undefined> {
  return mkdir(path, { recursive: true }).catch((error) => {
    throw unwritable(path, error, "a folder that can be made");
  });
}

/** What fails of a file that is open, whose name the error then does not have. */
const OF_OPEN_FILES = ["write", "fsync", "ftruncate"];

/** A failure of the file system as an error of this package; undefined for any other. */
export function fileSystemError(error: unknown): UnwritableError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  if (path === undefined && !OF_OPEN_FILES.includes(syscall)) return undefined;
  return unwritable(path ?? "a file of this command", error);
}

function unwritable(path: string, error: unknown, expected = "a file that can be written"): UnwritableError {
  return new UnwritableError(path, expected, reason(error, "a folder that does not exist"));
}

/** In words, why the file system refuses. */
export function reason(error: unknown, whenAbsent: string): string {
  const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
  const reasons: Record<string, string> = {
    ENOENT: whenAbsent,
    EACCES: "no permission",
    EPERM: "no permission",
    EISDIR: "a folder",
    EEXIST: "a file where a folder should be",
    ENOTDIR: "a path that leads through a file",
    EROFS: "a read-only file system",
    ENOSPC: "a full disk",
    EDQUOT: "a full quota",
    EFBIG: "a limit to the size of files",
    EIO: "a disk that fails",
    ENOTSUP: "a file system without hard links",
  };
  return reasons[code] ?? code;
}

/** Something that reports how far it has come; what setup and ceremonies hand their steps to. */
interface Step {
  readonly label: string;
  /** Share of the whole that is done as this step starts, 0 … 1; a label without it is a mere notice. */
  readonly fraction?: number;
  /** Set once the step is done. */
  readonly seconds?: number;
}

const CLEAR = "\r\u001b[K";

/** Shows steps on standard error: a line that redraws itself on a terminal, a line at each start and end elsewhere. */
export function progressOn(io: Terminal): (step: Step) => void {
  const clear = io.interactive ? CLEAR : "";
  return ({ label, fraction, seconds }) => {
    if (seconds !== undefined) return io.err(`${clear}  ${label}: ${seconds.toFixed(1)} s\n`);
    if (fraction === undefined) return io.err(`${clear}  ${label}\n`);
    const done = Math.floor(fraction * 100);
    io.err(`${clear}  ${label} …${done > 0 ? ` (${done} %)` : ""}${io.interactive ? "" : "\n"}`);
  };
}

/** Shows the phase of a proof under way, on a terminal only: elsewhere it is over too soon to be news. */
export function phasesOn(io: Terminal): (phase: string, state: "start" | "end") => void {
  return (phase, state) => {
    if (io.interactive) io.err(state === "start" ? `${CLEAR}  ${phase} …` : CLEAR);
  };
}

/** A share that grows. */
export interface ShownShare {
  at(share: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Shows how much of something long is done: on a terminal each percent, elsewhere each tenth. */
export function shareOn(io: Terminal, label: string): ShownShare {
  const step = io.interactive ? 1 : 10;
  let shown = -1;
  return {
    at: (share) => {
      const percent = Math.floor((Math.min(share, 1) * 100) / step) * step;
      if (percent <= shown) return;
      shown = percent;
      io.err(io.interactive ? `${CLEAR}  ${label} … (${percent} %)` : `  ${label} … ${percent} %\n`);
    },
    end: () => {
      if (io.interactive) io.err(CLEAR);
    },
  };
}
