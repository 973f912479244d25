import { readFile } from "node:fs/promises";
import { UnreadableError } from "../errors.js";

/** What a command may touch of the outside world; the terminal in main.ts, strings in tests. */
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
    const code = (error as NodeJS.ErrnoException).code ?? "an unknown error";
    throw new UnreadableError(path, "a readable file", code);
  }
}
