import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { ODOMETER_UNIT } from "../protocol/bounds.js";
import { STATUS_NAMES } from "../protocol/status.js";
import type { LastingAlert } from "./alertBook.js";
import { SEVERITIES } from "./alertRules.js";
import { ESTATE_STAGES } from "./apiTypes.js";
import { countStatuses } from "./views.js";
import { chainTime, stateOfMarket, type Watched } from "./watched.js";

/** Every metric: its kind, what it counts, its labels. docs/WATCHING.md has this table, and a test holds it to that. */
export const METRICS = {
  zkmargin_up: { kind: "gauge", help: "1 once the chain has been read.", labels: [] },
  zkmargin_accounts: { kind: "gauge", help: "Accounts by status.", labels: ["status"] },
  zkmargin_account_status: {
    kind: "gauge",
    help: "1 for the status that an account has; of at most --account-series accounts.",
    labels: ["account", "status"],
  },
  zkmargin_account_envelope_left_ratio: {
    kind: "gauge",
    help: "Share of an account's envelope that the market has not used up.",
    labels: ["account"],
  },
  zkmargin_account_age_left_ratio: {
    kind: "gauge",
    help: "Share of a proof's greatest age that has not passed.",
    labels: ["account"],
  },
  zkmargin_account_band_left_ratio: {
    kind: "gauge",
    help: "Share of a sleeve's band that the market has not used up.",
    labels: ["account"],
  },
  zkmargin_account_deadline_seconds: {
    kind: "gauge",
    help: "Seconds until an account is liquidatable, where a clock runs.",
    labels: ["account"],
  },
  zkmargin_envelope_left_ratio_least: {
    kind: "gauge",
    help: "Least share of an envelope that is left, over all healthy accounts.",
    labels: [],
  },
  zkmargin_age_left_ratio_least: {
    kind: "gauge",
    help: "Least share of a proof's age that is left, over all healthy accounts.",
    labels: [],
  },
  zkmargin_deadline_seconds_least: {
    kind: "gauge",
    help: "Seconds until the first account is liquidatable, over all clocks that run.",
    labels: [],
  },
  zkmargin_block_number: { kind: "gauge", help: "Newest block that was read.", labels: [] },
  zkmargin_block_age_seconds: {
    kind: "gauge",
    help: "Seconds since the chain was last read without a failure.",
    labels: [],
  },
  zkmargin_round_number: { kind: "gauge", help: "Newest round.", labels: [] },
  zkmargin_round_age_seconds: { kind: "gauge", help: "Age of the newest round.", labels: [] },
  zkmargin_round_usable: { kind: "gauge", help: "1 if proofs can be made at the newest round.", labels: [] },
  zkmargin_epoch: { kind: "gauge", help: "Newest epoch of the risk profile.", labels: [] },
  zkmargin_odometer_ratio: {
    kind: "gauge",
    help: "Reading of the odometer: 1 is a move of 100 %.",
    labels: ["odometer"],
  },
  zkmargin_source_refuses: {
    kind: "gauge",
    help: "1 while a source of the ledger refuses.",
    labels: ["source"],
  },
  zkmargin_auctions: { kind: "gauge", help: "Auctions that run.", labels: [] },
  zkmargin_proofs_accepted_total: {
    kind: "counter",
    help: "Proofs that the gate accepted since the service began.",
    labels: [],
  },
  zkmargin_proof_delay_seconds: {
    kind: "histogram",
    help: "Seconds from a round to the block that accepts a proof of it.",
    labels: [],
    buckets: [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600],
  },
  zkmargin_proofs_made_total: {
    kind: "counter",
    help: "Proofs that keepers made, by reason; from --keeper-log.",
    labels: ["reason"],
  },
  zkmargin_proof_seconds: {
    kind: "histogram",
    help: "Time that a keeper or a worker took for a proof; from --keeper-log.",
    labels: [],
    buckets: [0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  },
  zkmargin_submissions_total: {
    kind: "counter",
    help: "Proofs that keepers submitted, by outcome; from --keeper-log.",
    labels: ["outcome"],
  },
  zkmargin_failures_total: {
    kind: "counter",
    help: "Failures that keepers and workers told, by kind; from --keeper-log.",
    labels: ["kind"],
  },
  zkmargin_clearing_fund_dollars: {
    kind: "gauge",
    help: "Contributions and the house's capital in the default fund; from --clearing.",
    labels: [],
  },
  zkmargin_clearing_required_dollars: {
    kind: "gauge",
    help: "What the caps ask of the default fund.",
    labels: [],
  },
  zkmargin_clearing_cover_ratio: {
    kind: "gauge",
    help: "The default fund, of what is required; left out if nothing is.",
    labels: [],
  },
  zkmargin_clearing_members: { kind: "gauge", help: "Members of the default fund.", labels: [] },
  zkmargin_clearing_owed_dollars: {
    kind: "gauge",
    help: "Assessments that members owe.",
    labels: [],
  },
  zkmargin_clearing_caps: {
    kind: "gauge",
    help: "Caps of accounts that clear: proven, lapsed, or lapsed beyond the grace.",
    labels: ["state"],
  },
  zkmargin_clearing_defaults: { kind: "gauge", help: "Open defaults by stage.", labels: ["stage"] },
  zkmargin_clearing_market_open: {
    kind: "gauge",
    help: "1 while the market of the clearing house is open.",
    labels: [],
  },
  zkmargin_sender_balance_ether: { kind: "gauge", help: "Balance of a sender.", labels: ["sender"] },
  zkmargin_sender_submissions: {
    kind: "gauge",
    help: "Submissions that a sender's balance pays for at the present fee.",
    labels: ["sender"],
  },
  zkmargin_queue_up: { kind: "gauge", help: "1 while the queue's database answers.", labels: [] },
  zkmargin_queue_jobs: { kind: "gauge", help: "Jobs of the queue by state.", labels: ["state"] },
  zkmargin_queue_oldest_seconds: {
    kind: "gauge",
    help: "Wait of the job that has waited longest.",
    labels: [],
  },
  zkmargin_queue_keeper: { kind: "gauge", help: "1 while a keeper has the queue.", labels: [] },
  zkmargin_clock_ahead_seconds: {
    kind: "gauge",
    help: "Seconds by which this machine's clock is ahead of the chain's; negative behind it.",
    labels: [],
  },
  zkmargin_rpc_requests_total: { kind: "counter", help: "JSON-RPC requests by method.", labels: ["method"] },
  zkmargin_rpc_errors_total: {
    kind: "counter",
    help: "Looks at the chain that failed, by class of error.",
    labels: ["name"],
  },
  zkmargin_reorganisations_total: {
    kind: "counter",
    help: "Times that the chain was re-organised.",
    labels: [],
  },
  zkmargin_look_seconds: {
    kind: "histogram",
    help: "Time that one look at the chain took.",
    labels: [],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120],
  },
  zkmargin_alerts: {
    kind: "gauge",
    help: "Alerts that last, by rule and severity.",
    labels: ["rule", "severity"],
  },
  zkmargin_notices_total: {
    kind: "counter",
    help: "Messages to receivers by outcome.",
    labels: ["receiver", "outcome"],
  },
  zkmargin_http_requests_total: {
    kind: "counter",
    help: "Requests to this service by route and status code.",
    labels: ["route", "code"],
  },
  zkmargin_event_streams: { kind: "gauge", help: "Readers of /v1/events that are connected.", labels: [] },
} as const satisfies Record<
  string,
  {
    readonly kind: "gauge" | "counter" | "histogram";
    readonly help: string;
    readonly labels: readonly string[];
    readonly buckets?: readonly number[];
  }
>;
export type MetricName = keyof typeof METRICS;

type Labels = Readonly<Record<string, string>>;

/** The metrics of one service. Labels are accounts, statuses and names: never an amount of a book. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #mostSeries: number;

  /** @param mostSeries accounts up to which each has series of its own */
  constructor(mostSeries: number) {
    this.#mostSeries = mostSeries;
    for (const [name, { kind, help, labels, ...more }] of Object.entries(METRICS)) {
      const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === "gauge") {
        const gauge = new Gauge(options);
        // What nothing has set yet is left out, where prom-client would say 0.
        if (labels.length === 0) gauge.remove();
        this.#gauges.set(name, gauge);
      } else if (kind === "counter") this.#counters.set(name, new Counter(options));
      else {
        const buckets = "buckets" in more ? [...more.buckets] : [];
        this.#histograms.set(name, new Histogram({ ...options, buckets }));
      }
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  set(name: MetricName, value: number, labels: Labels = {}): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  observe(name: MetricName, value: number): void {
    this.#histograms.get(name)?.observe(value);
  }

  /** The text that Prometheus reads, as of what is known now. */
  text(watched: Watched, alerts: readonly LastingAlert[]): Promise<string> {
    this.#ofChain(watched);
    this.#ofAccounts(watched);
    this.#ofClearing(watched);
    this.#ofService(watched, alerts);
    return this.#registry.metrics();
  }

  #ofChain(watched: Watched): void {
    const { chain, lookedAt, now } = watched;
    this.set("zkmargin_up", chain === undefined ? 0 : 1);
    if (chain === undefined || lookedAt === null) return;
    const time = chainTime(watched);
    this.set("zkmargin_block_number", chain.block.number);
    this.set("zkmargin_block_age_seconds", Math.max(0, (now - lookedAt) / 1_000));
    this.set("zkmargin_epoch", chain.market?.profile.epoch ?? 0);
    this.set("zkmargin_round_usable", stateOfMarket(chain, time) === "usable" ? 1 : 0);
    const round = chain.rounds.at(-1);
    this.set("zkmargin_round_number", round?.number ?? 0);
    if (round !== undefined) {
      this.set("zkmargin_round_age_seconds", Math.max(0, time - round.time));
      this.set("zkmargin_odometer_ratio", ratio(round.odometer), { odometer: "prices" });
      this.set("zkmargin_odometer_ratio", ratio(round.sleeveOdometer), { odometer: "sleeves" });
    }
    for (const { source, fault } of chain.sources)
      this.set("zkmargin_source_refuses", fault === null ? 0 : 1, { source });
    this.set("zkmargin_auctions", chain.auctions.length);
  }

  #ofAccounts(watched: Watched): void {
    const { accounts } = watched;
    const time = chainTime(watched);
    const counts = countStatuses(accounts.map(({ status }) => status));
    for (const status of STATUS_NAMES) this.set("zkmargin_accounts", counts[status], { status });
    const perAccount = [
      "status",
      "envelope_left_ratio",
      "age_left_ratio",
      "band_left_ratio",
      "deadline_seconds",
    ];
    for (const what of perAccount) this.#gauges.get(`zkmargin_account_${what}`)?.reset();
    const series = accounts.length <= this.#mostSeries;
    let [envelope, age, deadline] = [1, 1, Number.POSITIVE_INFINITY];
    for (const { account, status, claim, deadline: until } of accounts) {
      if (until !== null) deadline = Math.min(deadline, until - time);
      if (status === "healthy" && claim !== null) {
        envelope = Math.min(envelope, claim.envelopeLeft / 1e4);
        age = Math.min(age, claim.ageLeft / 1e4);
      }
      if (!series) continue;
      this.set("zkmargin_account_status", 1, { account, status });
      if (until !== null) this.set("zkmargin_account_deadline_seconds", until - time, { account });
      if (claim === null) continue;
      this.set("zkmargin_account_envelope_left_ratio", claim.envelopeLeft / 1e4, { account });
      this.set("zkmargin_account_age_left_ratio", claim.ageLeft / 1e4, { account });
      if (claim.sleeve !== null)
        this.set("zkmargin_account_band_left_ratio", claim.sleeve.bandLeft / 1e4, { account });
    }
    this.set("zkmargin_envelope_left_ratio_least", envelope);
    this.set("zkmargin_age_left_ratio_least", age);
    this.set("zkmargin_deadline_seconds_least", deadline);
  }

  #ofClearing({ clearing }: Watched): void {
    if (clearing === null) return;
    const { fund, required, ratio: covers, members, lapsed, caps, defaults, state } = clearing;
    this.set("zkmargin_clearing_fund_dollars", Number(fund));
    this.set("zkmargin_clearing_required_dollars", Number(required));
    if (covers === null) this.#gauges.get("zkmargin_clearing_cover_ratio")?.remove();
    else this.set("zkmargin_clearing_cover_ratio", covers / 1e4);
    this.set("zkmargin_clearing_members", members.filter(({ group }) => group !== 0).length);
    this.set(
      "zkmargin_clearing_owed_dollars",
      members.reduce((sum, { owed }) => sum + Number(owed), 0),
    );
    const overdue = lapsed.filter((one) => one.overdue).length;
    for (const [name, count] of [
      ["proven", caps - lapsed.length],
      ["lapsed", lapsed.length - overdue],
      ["overdue", overdue],
    ] as const)
      this.set("zkmargin_clearing_caps", count, { state: name });
    for (const stage of ESTATE_STAGES)
      this.set("zkmargin_clearing_defaults", defaults.filter((one) => one.stage === stage).length, { stage });
    this.set("zkmargin_clearing_market_open", state === "open" ? 1 : 0);
  }

  #ofService({ senders, queue, clockAhead }: Watched, alerts: readonly LastingAlert[]): void {
    for (const { address: sender, balance, submissions } of senders) {
      this.set("zkmargin_sender_balance_ether", Number(balance) / 1e18, { sender });
      if (submissions !== null) this.set("zkmargin_sender_submissions", Number(submissions), { sender });
    }
    if (queue !== null) {
      this.set("zkmargin_queue_up", "failure" in queue ? 0 : 1);
      if (!("failure" in queue)) {
        for (const state of [
          "waiting",
          "active",
          "failed",
          "done",
          "cancelled",
          "ready",
          "submitted",
        ] as const)
          this.set("zkmargin_queue_jobs", queue[state], { state });
        this.set("zkmargin_queue_oldest_seconds", queue.oldest ?? 0);
        this.set("zkmargin_queue_keeper", queue.keeper === null ? 0 : 1);
      }
    }
    if (clockAhead !== null) this.set("zkmargin_clock_ahead_seconds", clockAhead);
    this.#gauges.get("zkmargin_alerts")?.reset();
    for (const severity of SEVERITIES) {
      const counts = new Map<string, number>();
      for (const alert of alerts)
        if (alert.severity === severity) counts.set(alert.rule, (counts.get(alert.rule) ?? 0) + 1);
      for (const [rule, count] of counts) this.set("zkmargin_alerts", count, { rule, severity });
    }
  }
}

function ratio(reading: bigint): number {
  return Number(reading) / Number(ODOMETER_UNIT);
}
