import { access, readFile } from "node:fs/promises";
import { UnreadableError, UnwritableError } from "../errors.js";
import { writeAtomic } from "../prove/artefacts/writeAtomic.js";

/** What a command may touch of the terminal; the process in main.ts, strings in tests. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input, as text. */
  stdin(): Promise<string>;
  /** Whether standard error is a terminal, so that progress may redraw its line. */
  readonly interactive: boolean;
}

/**
 * The text of a file, or of standard input for "-".
 * @throws UnreadableError naming the path.
 */
export async function readInput(io: Io, path: string): Promise<string> {
  if (path === "-") return io.stdin();
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UnreadableError(path, "a readable file", codeOf(error));
  }
}

/**
 * Writes a file whole or not at all, readable by its owner alone.
 * @throws UnwritableError naming the path.
 */
export async function save(path: string, text: string): Promise<void> {
  try {
    await writeAtomic(path, text);
  } catch (error) {
    throw new UnwritableError(path, "a file that can be written", codeOf(error));
  }
}

/** @throws UnwritableError if the file exists. */
export async function refuseExisting(path: string): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists)
    throw new UnwritableError(path, "the name of a new file", "one that exists and is not replaced");
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "an unknown error";
}
