import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { type DeepReadonly, document, integer, shaped } from "../encoding/shape.js";
import { parseStrictJson } from "../encoding/strictJson.js";
import { urlWithoutSecret, withVariables } from "../encoding/urlText.js";
import { FormatError } from "../errors.js";
import type { Notice } from "./alertBook.js";
import { DEFAULT_THRESHOLDS, SEVERITIES, type Thresholds } from "./alertRules.js";

const FORMAT = "zkmargin/alerts@1";
const DAY = 86_400;

const name = z
  .string()
  .check(z.regex(/^[a-z][a-z0-9-]{0,31}$/, "a name of small letters, digits and hyphens"));
const severities = z.array(z.enum(SEVERITIES)).check(z.minLength(1), z.maxLength(SEVERITIES.length));
const variable = z
  .string()
  .check(z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,59}$/, "the name of an environment variable"));
const share = integer(0, 10_000);
const seconds = integer(1, 30 * DAY);
const schema = document(FORMAT, {
  receivers: z
    .array(
      z.union([
        z.strictObject({
          name,
          severities,
          /** `${NAME}` stands for an environment variable. */
          webhook: urlWithoutSecret,
          /** Environment variable whose value is sent as a bearer token. */
          tokenEnv: z.exactOptional(variable),
        }),
        z.strictObject({
          name,
          severities,
          /** A program and its arguments; no shell reads them. */
          command: z
            .array(z.string().check(z.minLength(1), z.maxLength(4_096)))
            .check(z.minLength(1), z.maxLength(32)),
        }),
      ]),
    )
    .check(z.maxLength(16)),
  /** Seconds after which what lasts is told again. */
  repeat: z.exactOptional(seconds),
  thresholds: z.exactOptional(
    z.strictObject({
      envelopeLeft: z.exactOptional(share),
      ageLeft: z.exactOptional(share),
      bandLeft: z.exactOptional(share),
      deadline: z.exactOptional(seconds),
      bookEnds: z.exactOptional(seconds),
      nodeAway: z.exactOptional(seconds),
      clock: z.exactOptional(seconds),
      submissions: z.exactOptional(integer(1, 1_000_000)),
      jobWaits: z.exactOptional(seconds),
    }),
  ),
});

/** Seconds after which what lasts is told again, where the file does not say. */
export const DEFAULT_REPEAT = 3_600;

/** An alerts file: who is told, how often, and when the rules warn. */
export interface AlertSettings {
  readonly receivers: readonly Receiver[];
  /** Seconds. */
  readonly repeat: number;
  readonly thresholds: Thresholds;
}

/** Who is told, with what environment variables gave. */
export type Receiver = { readonly name: string; readonly severities: readonly Notice["severity"][] } & (
  | { readonly url: string; readonly token: string | null }
  | { readonly command: readonly string[] }
);

/**
 * Reads an alerts file, `zkmargin/alerts@1`. It holds no secret: those come from the environment variables that it names.
 * @throws InputError naming the field, and nothing that it holds
 */
export function parseAlerts(
  text: string,
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): AlertSettings {
  const file: DeepReadonly<z.infer<typeof schema>> = shaped(schema, parseStrictJson(text, path), {
    path,
    expected: `the fields of ${FORMAT}`,
  });
  const names = new Set<string>();
  const receivers = file.receivers.map((receiver, i): Receiver => {
    const at = `${path}.receivers[${i}]`;
    if (names.has(receiver.name)) throw new FormatError(`${at}.name`, "each name once", "one twice");
    names.add(receiver.name);
    const of = { name: receiver.name, severities: receiver.severities };
    if ("command" in receiver) return { ...of, command: receiver.command };
    const token = receiver.tokenEnv === undefined ? null : environment[receiver.tokenEnv];
    if (token === undefined || token === "")
      throw new FormatError(`${at}.tokenEnv`, "an environment variable of that name", "none");
    return { ...of, url: withVariables(receiver.webhook, `${at}.webhook`, environment), token };
  });
  return {
    receivers,
    repeat: file.repeat ?? DEFAULT_REPEAT,
    thresholds: { ...DEFAULT_THRESHOLDS, ...file.thresholds },
  };
}

/** What a receiver gets, `zkmargin/notices@1`: public words alone. */
export interface NoticesBody {
  readonly format: "zkmargin/notices@1";
  /** ISO 8601. */
  readonly time: string;
  /** Which deployment: chain id and gate. */
  readonly chainId: string;
  readonly gate: string;
  readonly notices: readonly Notice[];
}

/** Milliseconds before each further try, and that one try may take. */
const WAITS = [1_000, 5_000, 25_000];
const LONGEST = 10_000;
/** Notices that wait for a receiver that does not answer. */
const MOST_WAITING = 100;

/** What became of a delivery. */
export interface DeliveryNews {
  delivered(receiver: string, notices: number): void;
  /** @param why a status or a code: nothing of a URL */
  failed(receiver: string, why: string): void;
}

/** Hands notices to receivers, each in its own time: one that hangs keeps none of the others waiting. */
export class AlertReceivers {
  readonly #receivers: readonly Receiver[];
  readonly #news: DeliveryNews;
  readonly #waits: readonly number[];
  readonly #waiting = new Map<string, number>();
  readonly #stop = new AbortController();
  #under: Promise<unknown>[] = [];

  /** @param waits milliseconds before each further try */
  constructor(receivers: readonly Receiver[], news: DeliveryNews, waits: readonly number[] = WAITS) {
    this.#receivers = receivers;
    this.#news = news;
    this.#waits = waits;
  }

  /** Gives each receiver the notices of its severities, as one message. Does not wait for them. */
  send(body: NoticesBody): void {
    for (const receiver of this.#receivers) {
      const notices = body.notices.filter(({ severity }) => receiver.severities.includes(severity));
      if (notices.length === 0) continue;
      const waiting = this.#waiting.get(receiver.name) ?? 0;
      if (waiting >= MOST_WAITING) {
        this.#news.failed(receiver.name, "too many notices wait for it");
        continue;
      }
      this.#waiting.set(receiver.name, waiting + 1);
      const delivery = this.#deliver(receiver, { ...body, notices }).finally(() => {
        this.#waiting.set(receiver.name, (this.#waiting.get(receiver.name) ?? 1) - 1);
        this.#under = this.#under.filter((one) => one !== delivery);
      });
      this.#under.push(delivery);
    }
  }

  /** Waits for what is under way, and ends it after `milliseconds`. */
  async close(milliseconds = LONGEST): Promise<void> {
    const limit = sleep(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#under), limit]);
    this.#stop.abort();
  }

  async #deliver(receiver: Receiver, body: NoticesBody): Promise<void> {
    let why = "";
    for (let tries = 0; ; tries++) {
      why = await ("url" in receiver ? this.#post(receiver, body) : this.#run(receiver.command, body));
      if (why === "") return this.#news.delivered(receiver.name, body.notices.length);
      const wait = this.#waits[tries];
      if (wait === undefined || this.#stop.signal.aborted) break;
      await sleep(wait, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    this.#news.failed(receiver.name, why);
  }

  /** Returns why it failed; empty if it did not. */
  async #post({ url, token }: { url: string; token: string | null }, body: NoticesBody): Promise<string> {
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "error",
        headers: {
          "content-type": "application/json",
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(LONGEST)]),
      });
      await response.body?.cancel();
      return response.ok ? "" : `HTTP ${response.status}`;
    } catch (error) {
      return codeOf(error);
    }
  }

  /** The program gets the notices on standard input. Its output is not read. */
  #run([program = "", ...args]: readonly string[], body: NoticesBody): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn(program, args, {
        stdio: ["pipe", "ignore", "ignore"],
        timeout: LONGEST,
        shell: false,
      });
      child.once("error", (error) => resolve(codeOf(error)));
      child.once("exit", (code, signal) =>
        resolve(code === 0 ? "" : code === null ? `ended by ${signal}` : `exit code ${code}`),
      );
      // A program that does not read its input is no failure of ours.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(`${JSON.stringify(body)}\n`);
    });
  }
}

/** The code of an error that names no URL. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code, name: kind } = at as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
    if (kind === "TimeoutError") return "no answer in time";
  }
  return "no answer";
}
