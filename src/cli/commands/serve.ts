import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { parseAuditorKey } from "../../audit/archive/seal.js";
import type { OpenDeployment } from "../../chain/deployment.js";
import { openHouse, parseClearing } from "../../clearing/account/manifest.js";
import { FindingsError, QueueError, UsageError } from "../../errors.js";
import { packageRoot, packageVersion } from "../../groth16/artefacts/layout.js";
import type { VerificationKeyPoints } from "../../groth16/verificationKey.js";
import { ArchivedBooks } from "../../queue/openings.js";
import type { ProofQueue } from "../../queue/proofQueue.js";
import { AlertReceivers, type AlertSettings, parseAlerts } from "../../serve/alertReceivers.js";
import { RULES, SEVERITIES } from "../../serve/alertRules.js";
import { DEFAULT_HOST, serveHttp } from "../../serve/httpServer.js";
import { OwnBooks } from "../../serve/ownBooks.js";
import { ReadStore } from "../../serve/readStore.js";
import { ACCOUNT_SERIES, WatchService } from "../../serve/service.js";
import { type Level, ServiceLog } from "../../serve/serviceLog.js";
import { withReadingKey } from "../archives.js";
import { wholeNumber } from "../arguments.js";
import { readSecretFile } from "../files.js";
import { type Io, readInput, untilInterrupt } from "../io.js";
import { levelled } from "../keeperLines.js";
import {
  accountArgument,
  addressArgument,
  type ChainOptions,
  collect,
  onChain,
  withDeployment,
} from "../onChain.js";
import { hasQueue, openQueue, QUEUE_HELP, type QueueOptions, withQueue } from "../queues.js";

const DEFAULT_PORT = 8570;
/** Milliseconds that the queue's database may take for an answer. */
const QUEUE_PATIENCE = 4_000;

interface ServeOptions extends ChainOptions, QueueOptions {
  readonly host: string;
  readonly port: number;
  readonly allowRemote?: true;
  readonly allowHost?: readonly string[];
  readonly clearing?: string;
  readonly alerts?: string;
  readonly testAlerts?: true;
  readonly account?: readonly string[];
  readonly sender?: readonly string[];
  readonly keeperLog?: readonly string[];
  readonly archive?: string;
  readonly secret?: string;
  readonly key?: string;
  readonly tokenFile?: string;
  readonly accountSeries: number;
  /** False with --no-state. */
  readonly state?: string | false;
  readonly interval?: number;
  readonly json?: true;
}

/** `zkmargin serve`: what the chain says of every account, over HTTP, and the board. */
export function serveCommand(io: Io): Command {
  const command = new Command("serve").description(
    "Watch every account: a read-only HTTP API, Prometheus metrics, alerts and a board, on this machine.",
  );
  return withReadingKey(
    withQueue(
      withDeployment(command),
      "also show the queue in a folder or in the PostgreSQL database of this URL",
    )
      .option("--host <address>", "address to listen on", DEFAULT_HOST)
      .option("--port <n>", "port to listen on; 0 for any that is free", wholeNumber, DEFAULT_PORT)
      .option("--allow-remote", "listen on an address that other machines reach")
      .option("--allow-host <name>", "another name that requests may call this service by", collectTexts)
      .option(
        "--clearing <file>",
        "also watch the clearing house of this manifest, its fund and its defaults",
      )
      .option("--alerts <file>", "who is told of alerts, zkmargin/alerts@1")
      .option("--test-alerts", "send a test notice to each receiver of --alerts, and end")
      .option(
        "--account <account>",
        "alert about this account; about all by default",
        collect(accountArgument),
      )
      .option("--sender <address>", "watch the balance of this sender", collect(addressArgument))
      .option("--keeper-log <file>", "follow the lines of keep --json or worker --json", collectTexts)
      .option(
        "--account-series <n>",
        "accounts up to which each has metrics of its own",
        wholeNumber,
        ACCOUNT_SERIES,
      )
      .option(
        "--archive <folder>",
        "show health factors of the books in this archive, to the holder of the token",
      )
      .option("--token-file <file>", "with --archive: the token, at least 32 characters"),
  )
    .option(
      "--state <file>",
      "keep what was read in this file, so that the next start takes seconds; by default one of your data folder",
    )
    .option("--no-state", "keep nothing, and read the whole history at each start")
    .option("--interval <ms>", "time between two looks at the chain", wholeNumber)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${QUEUE_HELP}
The service sends no transaction and needs no signing key. Open http://${DEFAULT_HOST}:${DEFAULT_PORT}/ for the board. The API is described at
/openapi.json; Prometheus reads /metrics. docs/WATCHING.md has every metric and every alert.

It listens on this machine alone, unless --allow-remote says otherwise. It answers requests whose Host header names this machine, the
address of --host, or a name of --allow-host.

With --archive and the institution's --secret, or a --key that books were granted to, the board also shows health factors. They are at
/v1/own/health alone, for requests from this machine with the token; never in a metric, a line or an alert. openssl rand -hex 32 makes a
token.

Examples:
  $ zkmargin serve
  $ zkmargin serve --sender 0x… --queue --keeper-log keeper.log --alerts alerts.json
  $ zkmargin serve --clearing clearing.json
  $ zkmargin serve --alerts alerts.json --test-alerts
  $ zkmargin serve --archive desk.archive --secret desk.secret --token-file board.token

Exit codes: 0 ended by an interrupt; 2 a wrong option, or a port that is in use; 3 a wrong file; 6 a key that opens nothing; 8 no node
answers at the start, or the chain is not the deployment's; 9 with --test-alerts, a receiver that did not take its notice.`,
    )
    .action((options: ServeOptions) => serve(io, options));
}

const collectTexts = (text: string, before: readonly string[] = []): string[] => [...before, text];

async function serve(io: Io, options: ServeOptions): Promise<void> {
  const alerts =
    options.alerts === undefined
      ? undefined
      : parseAlerts(await readInput(io, options.alerts, "alerts"), options.alerts, process.env);
  if (options.testAlerts) return testAlerts(io, alerts);
  checkOwn(options);
  const log = new ServiceLog((line) => io.out(options.json ? line : shownLine(line)), Date.now);
  let service: WatchService | undefined;
  // What would go to standard error is a line of the log.
  const told: Io = {
    ...io,
    err: (text) =>
      service === undefined
        ? log.tell("warn", "waiting", { error: text.trimEnd() })
        : service.waits(text.trimEnd()),
  };
  await onChain(told, options, async (open, { key }) => {
    const queue = hasQueue(options) ? await watchedQueue(told, options) : undefined;
    try {
      service = new WatchService({
        ...(await watchedOf(io, options, open, key)),
        log,
        clock: Date.now,
        ...(alerts === undefined ? {} : { alerts }),
        ...(queue === undefined ? {} : { queue }),
      });
      await service.restore();
      await listen(service, log, options);
    } finally {
      await queue?.close();
    }
  });
}

async function listen(service: WatchService, log: ServiceLog, options: ServeOptions): Promise<void> {
  const board = await boardPage();
  const http = await serveHttp({
    ...{ service, log, host: options.host, port: options.port, version: packageVersion() },
    remote: options.allowRemote === true,
    hosts: options.allowHost ?? [],
    ...(board === undefined ? {} : { board }),
  });
  try {
    await untilInterrupt((signal) => service.run(signal));
  } finally {
    await http.close();
  }
}

/** What of the options says what is watched. */
async function watchedOf(io: Io, options: ServeOptions, open: OpenDeployment, key: VerificationKeyPoints) {
  const { account, sender, keeperLog, interval, accountSeries } = options;
  const own = await ownBooks(io, options, open);
  const house =
    options.clearing === undefined
      ? undefined
      : await openHouse(
          open,
          parseClearing(await readInput(io, options.clearing, "clearing"), options.clearing),
        );
  return {
    ...{ open, key, accountSeries, names: io.names.byId },
    ...(account === undefined ? {} : { accounts: account }),
    ...(sender === undefined ? {} : { senders: sender }),
    ...(keeperLog === undefined ? {} : { keeperLogs: keeperLog }),
    ...(interval === undefined ? {} : { interval }),
    ...(own === undefined ? {} : { own }),
    ...(options.state === false
      ? {}
      : { store: new ReadStore(await statePath(options.state, open), packageVersion(), open, house) }),
    ...(house === undefined ? {} : { house }),
  };
}

/** Where what was read is kept: by default a file for each chain and gate. */
async function statePath(
  given: string | undefined,
  { deployment, addresses }: OpenDeployment,
): Promise<string> {
  if (given !== undefined) return given;
  const { default: envPaths } = await import("env-paths");
  const folder = join(envPaths("zkmargin", { suffix: "" }).data, "serve");
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => undefined);
  return join(folder, `${deployment.chainId}-${addresses.marginGate}.state`);
}

/** @throws UsageError for options that belong to --archive without it, or the other way round */
function checkOwn({ archive, secret, key, tokenFile }: ServeOptions): void {
  if (archive === undefined) {
    if (secret !== undefined || key !== undefined || tokenFile !== undefined)
      throw new UsageError("--secret, --key, --token-file: expected them with --archive, got them alone");
    return;
  }
  if ((secret === undefined) === (key === undefined))
    throw new UsageError(
      `--archive: expected --secret or --key, got ${secret === undefined ? "neither" : "both"}`,
    );
  if (tokenFile === undefined)
    throw new UsageError(
      "--archive: expected --token-file, whose holder sees health factors, got none; openssl rand -hex 32 makes a token",
    );
}

async function ownBooks(
  io: Io,
  { archive, secret, key, tokenFile }: ServeOptions,
  { tier }: OpenDeployment,
): Promise<OwnBooks | undefined> {
  if (archive === undefined || tokenFile === undefined) return undefined;
  const token = (await readInput(io, tokenFile, "password")).trim();
  const reading =
    secret === undefined
      ? { auditor: parseAuditorKey(await readInput(io, key ?? "", "auditorKey")) }
      : { secret: await readSecretFile(io, secret) };
  return new OwnBooks(await ArchivedBooks.open(archive, reading, Date.now), tier, token);
}

/** The queue, opened when it is first asked and again after trouble: its database may start later than this service. */
async function watchedQueue(io: Io, options: QueueOptions) {
  let queue: ProofQueue | undefined;
  const use = typeof options.queue === "string" ? "open" : "reach";
  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    const limit = new AbortController();
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new QueueError("queue: expected an answer of its database, got none in time")),
        QUEUE_PATIENCE,
      );
      limit.signal.addEventListener("abort", () => clearTimeout(timer));
    });
    return Promise.race([work, late]).finally(() => limit.abort());
  };
  let opening: Promise<ProofQueue> | undefined;
  const opened = async (): Promise<ProofQueue> => {
    opening ??= openQueue(io, options, use);
    try {
      queue = await opening;
      return queue;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  await inTime(opened()).catch((error) => {
    if (!(error instanceof QueueError)) throw error;
  });
  return {
    status: () => inTime(opened().then((one) => one.status())),
    close: async () => queue?.close(),
  };
}

/** The board, as `npm run build:web` makes it; undefined in a checkout where nobody has. */
async function boardPage(): Promise<string | undefined> {
  return readFile(join(packageRoot(), "build", "web", "board", "index.html"), "utf8").catch(() => undefined);
}

/** A line for people: time, level, event, and its fields. */
function shownLine(line: string): string {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name} ${String(value)}`);
  return levelled(
    Date.parse(String(time)),
    level as Level,
    [`${String(event)}:`, words.join(", ")].join(" "),
  );
}

/** Sends each receiver one test notice, and says what became of it. @throws FindingsError */
async function testAlerts(io: Io, alerts: AlertSettings | undefined): Promise<void> {
  if (alerts === undefined) throw new UsageError("--test-alerts: expected --alerts with it, got none");
  const failed: string[] = [];
  const receivers = new AlertReceivers(
    alerts.receivers,
    {
      delivered: (receiver) => io.out(`${receiver}: delivered\n`),
      failed: (receiver, why) => {
        failed.push(receiver);
        io.out(`${receiver}: not delivered: ${why}\n`);
      },
    },
    [],
  );
  const now = Date.now();
  receivers.send({
    ...{ format: "zkmargin/notices@1", time: new Date(now).toISOString(), chainId: "0", gate: "test" },
    notices: SEVERITIES.map((severity) => {
      const rule = severity === "critical" ? "node-away" : "clock-wrong";
      const { says } = RULES[rule];
      return {
        ...{ rule, severity, says, todo: "nothing: this is a test", state: "firing", count: 1, since: now },
        subjects: [{ subject: "test", detail: null }],
      } as const;
    }),
  });
  await receivers.close();
  if (failed.length > 0)
    throw new FindingsError(
      `alerts: ${failed.length} of ${alerts.receivers.length} receivers did not take a test notice`,
    );
}
