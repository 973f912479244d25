import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import * as z from "zod/mini";

/** Bytes read of a log at once, and of a log that is longer when the service starts. */
const AT_ONCE = 4 * 2 ** 20;

/** What a line of `keep --json` or `worker --json` may tell here. Every other field of a line is left unread. */
const line = z.object({
  event: z.string(),
  reason: z.optional(z.nullable(z.string())),
  outcome: z.optional(z.string()),
  took: z.optional(z.nullable(z.number())),
  scope: z.optional(z.string()),
  name: z.optional(z.string()),
});
const WORD = /^[A-Za-z][A-Za-z-]{0,39}$/;

/** Why a keeper proves, in its lines; anything else is counted as `other`. */
export const REASONS = ["first", "book", "epoch", "envelope", "age", "breach", "call"] as const;

/** What a log came to since the service began. */
export interface KeeperLog {
  /** Of the file, without its folder. */
  readonly name: string;
  /** Whether its last line is the keeper's end. */
  readonly stopped: boolean;
  /** Scope and class of each trouble that is not over. */
  readonly troubles: readonly string[];
  /** Whether it cannot be read now. */
  readonly unreadable: boolean;
}

/** What lines count. */
export interface KeeperNews {
  proven(reason: string): void;
  took(milliseconds: number): void;
  submitted(outcome: string): void;
  failed(kind: string): void;
}

/** All logs that are followed. */
export interface KeeperLogs {
  readonly logs: readonly KeeperLog[];
}

interface Followed {
  readonly path: string;
  readonly name: string;
  at: number;
  rest: string;
  inode: number;
  stopped: boolean;
  unreadable: boolean;
  readonly troubles: Set<string>;
}

/**
 * Follows the logs of keepers and workers, as `--json` writes them. It reads events, reasons, outcomes and durations. It never reads
 * which account has no proof for want of health: that is not for metrics.
 */
export class LogFollower implements KeeperLogs {
  readonly #followed: readonly Followed[];
  readonly #news: KeeperNews;

  constructor(paths: readonly string[], news: KeeperNews) {
    this.#news = news;
    this.#followed = paths.map((path) => ({
      ...{ path, name: basename(path), at: 0, rest: "", inode: 0 },
      ...{ stopped: false, unreadable: false, troubles: new Set<string>() },
    }));
  }

  get logs(): readonly KeeperLog[] {
    return this.#followed.map(({ name, stopped, unreadable, troubles }) => ({
      ...{ name, stopped, unreadable },
      troubles: [...troubles],
    }));
  }

  /** Reads what was written since the last time. A file that was rotated is read from its beginning. */
  async read(): Promise<void> {
    for (const log of this.#followed)
      await this.#read(log).then(
        () => {
          log.unreadable = false;
        },
        () => {
          log.unreadable = true;
        },
      );
  }

  async #read(log: Followed): Promise<void> {
    const { size, ino } = await stat(log.path);
    if (ino !== log.inode || size < log.at) {
      log.at = log.inode === 0 ? Math.max(0, size - AT_ONCE) : 0;
      // A long log is read from within a line, which is then no JSON.
      log.rest = "";
      log.inode = ino;
    }
    if (size === log.at) return;
    const file = await open(log.path);
    try {
      const buffer = Buffer.alloc(Math.min(size - log.at, AT_ONCE));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, log.at);
      log.at += bytesRead;
      const lines = (log.rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
      log.rest = (lines.pop() ?? "").slice(0, AT_ONCE);
      for (const text of lines) this.#take(log, text);
    } finally {
      await file.close();
    }
  }

  #take(log: Followed, text: string): void {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      return;
    }
    const parsed = z.safeParse(line, json);
    if (!parsed.success) return;
    const { event, reason, outcome, took, scope, name } = parsed.data;
    log.stopped = event === "stopped";
    if (event === "proven" && typeof reason === "string")
      this.#news.proven((REASONS as readonly string[]).includes(reason) ? reason : "other");
    if (typeof took === "number" && event === "proven") this.#news.took(took);
    if (event === "submitted") this.#news.submitted(outcome === "already" ? "already" : "accepted");
    if (event === "refused") this.#news.submitted("refused");
    if (event === "failed" || event === "lost-lease") this.#news.failed(event);
    if (scope === undefined || name === undefined || !WORD.test(scope) || !WORD.test(name)) return;
    if (event === "trouble") {
      log.troubles.add(`${scope} ${name}`);
      this.#news.failed(scope);
    }
    if (event === "trouble-over") log.troubles.delete(`${scope} ${name}`);
  }
}
