import type {
  AccountsAnswer,
  AccountView,
  AlertView,
  AuctionView,
  EventView,
  MarketView,
  OwnHealth,
  RoundView,
} from "../../src/serve/apiTypes.js";

/** What the board shows: all that was heard of the service, whether it still answers or not. */
export interface Board {
  market: MarketView | null;
  readonly accounts: Map<string, AccountView>;
  rounds: readonly RoundView[];
  auctions: readonly AuctionView[];
  alerts: readonly AlertView[];
  /** Newest first. */
  events: readonly EventView[];
  /** Health factors, once the holder of the token asked for them. */
  own: ReadonlyMap<string, OwnHealth> | null;
  /** Milliseconds of this page at which the service last answered; null before the first time. */
  heardAt: number | null;
  /** Why the last question had no answer; null if it had. */
  failure: string | null;
}

/** Parts of the board that may change apart. */
export type Part = "market" | "accounts" | "rounds" | "auctions" | "alerts" | "events" | "own" | "service";

/** Milliseconds between two questions, when no event asks for one sooner. */
const EVERY = 4_000;
const EVENTS_SHOWN = 200;

/** Asks the service, and hears its events. What it is not answered stays as it was. */
export class Feed {
  readonly board: Board = {
    ...{ market: null, accounts: new Map(), rounds: [], auctions: [], alerts: [], events: [] },
    ...{ own: null, heardAt: null, failure: null },
  };
  readonly #changed: (part: Part) => void;
  #version = 0;
  #round = -1;
  #token: string | null = null;
  #asking = false;
  #again = false;

  constructor(changed: (part: Part) => void) {
    this.#changed = changed;
  }

  start(): void {
    void this.#ask();
    setInterval(() => void this.#ask(), EVERY);
    const stream = new EventSource("/v1/events");
    stream.addEventListener("tick", () => void this.#ask());
    stream.addEventListener("reset", () => this.#reset());
    stream.addEventListener("chain", ({ data }: MessageEvent<string>) => {
      this.#take([JSON.parse(data) as EventView]);
    });
  }

  /** The chain's time now, unix seconds: as the service last said it, and what has passed since. */
  now(): number {
    const { market, heardAt } = this.board;
    if (market === null || heardAt === null) return Math.floor(Date.now() / 1_000);
    return market.time + Math.floor((performance.now() - heardAt) / 1_000);
  }

  /** Seconds since the chain was last read, whether the node or the service is away; null before the first time. */
  age(): number | null {
    const { market, heardAt } = this.board;
    if (market === null || heardAt === null || market.age === null) return null;
    return market.age + Math.floor((performance.now() - heardAt) / 1_000);
  }

  /** Asks for health factors with a token, which stays in this page's memory. Returns why it was refused, if it was. */
  async unlock(token: string): Promise<string | null> {
    this.#token = token;
    const why = await this.#askOwn();
    if (why !== null) this.#token = null;
    return why;
  }

  /** Forgets the token and the health factors. */
  lock(): void {
    this.#token = null;
    this.board.own = null;
    this.#changed("own");
  }

  #reset(): void {
    this.#version = 0;
    this.#round = -1;
    this.board.accounts.clear();
    this.board.events = [];
    void this.#ask();
  }

  /** One round of questions at a time; what asks meanwhile has one more. */
  async #ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    try {
      do {
        this.#again = false;
        await this.#askAll();
      } while (this.#again);
      this.board.failure = null;
    } catch (error) {
      this.board.failure = error instanceof Error ? error.message : "no answer";
    } finally {
      this.#asking = false;
      this.#changed("service");
    }
  }

  async #askAll(): Promise<void> {
    const market = await get<MarketView>("/v1/market");
    // A service that was started again counts from the beginning.
    if (market.version < this.#version) this.#version = 0;
    this.board.market = market;
    this.board.heardAt = performance.now();
    this.#changed("market");
    const { version, accounts } = await get<AccountsAnswer>(`/v1/accounts?since=${this.#version}`);
    if (this.#version === 0) this.board.accounts.clear();
    for (const account of accounts) this.board.accounts.set(account.account, account);
    if (accounts.length > 0 || this.#version === 0) this.#changed("accounts");
    this.#version = version;
    const round = market.round?.number ?? 0;
    if (round !== this.#round) {
      this.board.rounds = (await get<{ rounds: RoundView[] }>("/v1/rounds?limit=200")).rounds;
      this.#round = round;
      this.#changed("rounds");
      if (this.#token !== null) await this.#askOwn();
    }
    this.board.auctions = (await get<{ auctions: AuctionView[] }>("/v1/auctions")).auctions;
    this.#changed("auctions");
    this.board.alerts = (await get<{ alerts: AlertView[] }>("/v1/alerts")).alerts;
    this.#changed("alerts");
    const after = this.board.events[0]?.id;
    this.#take(
      (await get<{ events: EventView[] }>(`/v1/events${after === undefined ? "" : `?after=${after}`}`))
        .events,
    );
  }

  async #askOwn(): Promise<string | null> {
    const response = await fetch("/v1/own/health", {
      headers: { authorization: `Bearer ${this.#token ?? ""}` },
      cache: "no-store",
    });
    if (response.status === 401) return "This is not the token.";
    if (!response.ok) return "The service shows no health factors here.";
    const { accounts } = (await response.json()) as { accounts: OwnHealth[] };
    this.board.own = new Map(accounts.map((one) => [one.account, one]));
    this.#changed("own");
    return null;
  }

  /** Adds events, newest first, each once. */
  #take(events: readonly EventView[]): void {
    const known = new Set(this.board.events.map(({ id }) => id));
    const fresh = events.filter(({ id }) => !known.has(id));
    if (fresh.length === 0) return;
    this.board.events = [...fresh.reverse(), ...this.board.events].slice(0, EVENTS_SHOWN);
    this.#changed("events");
  }
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as T;
}
