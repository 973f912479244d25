import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { MemberFaultError, OutOfRangeError } from "../../errors.js";
import { BASE, keyOf, sharedPoint } from "../../protocol/sealedBook.js";
import { type Card, keyDigest, type Terms, termsDigest } from "./ceremony.js";
import { lagrange, type RandomBytes, Scalars, samePoint, timesSecret } from "./curve.js";
import {
  type DealSecrets,
  type DealtShare,
  dealersOf,
  drawSecrets,
  type KeyShare,
  makeComplaint,
  makeDeal,
  makeExtract,
  openBox,
} from "./dealing.js";
import { type Body, type Message, type MessageKind, messageDigest, signMessage } from "./messages.js";
import { judge, type Progress } from "./transcript.js";

/** What a member keeps of a ceremony, so that a crash neither deals nor accepts twice. Private. */
export interface CeremonyState {
  readonly terms: Terms;
  /** Of a dealer alone. */
  readonly secrets?: DealSecrets;
  /** What it has signed. All of it is published again by every step. */
  readonly sent: readonly Message[];
}

/** Who takes part in a ceremony, and what it does so with. */
export interface MemberOptions {
  readonly wallet: TypedDataSigner;
  /** Of the encryption key in its card; absent for a dealer that is no member of the new key. */
  readonly secret?: bigint;
  /** In a resharing, of a member of the old key: its share. */
  readonly share?: KeyShare;
  readonly random: RandomBytes;
  /** Keeps the state, and resolves when it outlasts a crash: nothing is published before. */
  readonly keep: (state: CeremonyState) => Promise<void>;
  /** Dealers whose silence its operator has seen: its shares of them are published. */
  readonly recover?: readonly number[];
}

/** What a step comes to. */
export interface Step {
  readonly progress: Progress;
  /** What this member has signed so far: to be published, all of it. */
  readonly publish: readonly Message[];
  /** Its share, once the key is there; absent for a dealer that is no member of the new key. */
  readonly share?: KeyShare;
}

/**
 * One member's next step in a ceremony: it deals, checks the deals of others and accepts or complains, and extracts when all have
 * accepted. It can be asked at any time, and again.
 * @param state as it was kept, or the terms alone in a new ceremony
 * @param board the messages of all
 * @throws OutOfRangeError for a member that the terms do not name, a share that is not of the old key, or too many dealers to recover
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { takeStep } from "zkmargin/clearing";
 *
 * const { terms, first } = liquidators; // terms of five, and the first of them
 * const { progress, publish } = await takeStep({ terms, sent: [] }, [], {
 *   ...{ wallet: first.wallet, secret: first.secret, random: randomBytes },
 *   keep: async () => {}, // keeps the state where it outlasts a crash: LiquidatorStore
 * });
 * console.log(publish.length, progress.step); // 1 deal
 * ```
 */
export async function takeStep(
  state: CeremonyState,
  board: readonly Message[],
  options: MemberOptions,
): Promise<Step> {
  return new Member(state, options).step(board);
}

class Member {
  readonly #options: MemberOptions;
  readonly #ceremony: string;
  /** Its number among the members; 0 for a dealer that is none. */
  readonly #index: number;
  /** Its number among the dealers; 0 for a member that is none. */
  readonly #dealer: number;
  /** Of its boxes: of a member alone. */
  readonly #secret: bigint;
  #state: CeremonyState;

  constructor(state: CeremonyState, options: MemberOptions) {
    const { terms } = state;
    const { wallet, secret, share } = options;
    this.#options = options;
    this.#state = state;
    this.#ceremony = termsDigest(terms);
    const own = secret === undefined ? undefined : keyOf(secret);
    const isOwn = ({ address, encryptionKey }: Card) =>
      own !== undefined &&
      address.toLowerCase() === wallet.address.toLowerCase() &&
      samePoint(encryptionKey, own);
    this.#index = 1 + terms.members.findIndex(isOwn);
    this.#secret = secret ?? 0n;
    this.#dealer = terms.previous === undefined ? this.#index : this.#oldIndex(share);
    if (this.#index === 0 && this.#dealer === 0)
      throw new OutOfRangeError("terms.members", `${wallet.address} with its encryption key`, "others");
  }

  /** Its number among the dealers of a resharing. */
  #oldIndex(share: KeyShare | undefined): number {
    const { terms } = this.#state;
    const previous = terms.previous;
    if (share === undefined || previous === undefined || !previous.dealers.includes(share.index)) return 0;
    const member = previous.key.members[share.index - 1];
    const isOwn =
      keyDigest(previous.key) === keyDigest(share.key) &&
      member?.address.toLowerCase() === this.#options.wallet.address.toLowerCase() &&
      samePoint(member.share, timesSecret(share.value, BASE));
    if (!isOwn)
      throw new OutOfRangeError("terms.previous.key", "the key that this member has a share of", "another");
    return share.index;
  }

  async step(board: readonly Message[]): Promise<Step> {
    if (this.#dealer > 0) await this.#deal();
    let progress = this.#judge(board);
    if (progress.step === "accept" && this.#index > 0) {
      await this.#review(progress);
      progress = this.#judge(board);
    }
    if (progress.step === "extract" && progress.silent.has(this.#dealer)) {
      await this.#extract(progress);
      progress = this.#judge(board);
    }
    if (progress.step === "extract") {
      await this.#recover(progress);
      progress = this.#judge(board);
    }
    const share = this.#share(progress);
    return { progress, publish: this.#state.sent, ...(share === undefined ? {} : { share }) };
  }

  #judge(board: readonly Message[]): Progress {
    return judge(this.#state.terms, [...this.#state.sent, ...board]);
  }

  #sent<Kind extends MessageKind>(kind: Kind): Message<Kind>[] {
    return this.#state.sent.filter((message): message is Message<Kind> => message.kind === kind);
  }

  async #deal(): Promise<void> {
    if (this.#sent("deal").length > 0) return;
    const { terms } = this.#state;
    const { random, share } = this.#options;
    const constant = terms.previous === undefined ? undefined : share?.value;
    const secrets = this.#state.secrets ?? drawSecrets(terms, random, constant);
    this.#state = { ...this.#state, secrets };
    await this.#send("deal", this.#dealer, makeDeal(terms, this.#dealer, secrets, random));
  }

  /** Opens its box in each deal, and accepts them all, or complains of each that holds no share. */
  async #review({ deals }: Progress): Promise<void> {
    if (this.#sent("accept").length + this.#sent("complaint").length > 0) return;
    const { terms } = this.#state;
    const { random } = this.#options;
    const bad = [...deals.values()].filter((deal) => this.#open(deal) === undefined);
    for (const deal of bad)
      await this.#send(
        "complaint",
        this.#index,
        makeComplaint(terms, this.#index, deal, this.#secret, random),
      );
    if (bad.length === 0)
      await this.#send("accept", this.#index, { deals: [...deals.values()].map(messageDigest) });
  }

  #open(deal: Message<"deal">): DealtShare | undefined {
    const shared = sharedPoint(this.#secret, deal.body.ephemeral);
    return openBox(this.#state.terms, { from: deal.from, to: this.#index }, deal.body, shared);
  }

  async #extract({ deals }: Progress): Promise<void> {
    const { terms, secrets } = this.#state;
    const deal = deals.get(this.#dealer);
    if (secrets === undefined || deal === undefined || this.#sent("extract").length > 0) return;
    await this.#send("extract", this.#dealer, makeExtract(terms, deal, secrets, this.#options.random));
  }

  /**
   * Publishes its shares of dealers that are silent. It does so for fewer than its threshold of all dealers alone: who could cut it
   * off from the others would else have it open all of them.
   */
  async #recover({ deals, silent }: Progress): Promise<void> {
    const { terms } = this.#state;
    const already = this.#sent("recover").map(({ body }) => body.dealer);
    const wanted = (this.#options.recover ?? []).filter(
      (dealer) => silent.has(dealer) && dealer !== this.#dealer && !already.includes(dealer),
    );
    const most = dealersOf(terms).length - terms.threshold;
    if (already.length + wanted.length > most)
      throw new OutOfRangeError(
        "recover",
        `at most ${most} silent dealers`,
        String(already.length + wanted.length),
      );
    for (const dealer of wanted) {
      const share = this.#open(deals.get(dealer) as Message<"deal">);
      if (share !== undefined) await this.#send("recover", this.#index, { dealer, ...share });
    }
  }

  /** Its share of the key: the sum of what it was dealt, in a resharing with Lagrange's factors. */
  #share({ key, deals }: Progress): KeyShare | undefined {
    if (key === undefined || this.#index === 0) return undefined;
    const dealers = [...deals.keys()];
    const factors = this.#state.terms.previous === undefined ? dealers.map(() => 1n) : lagrange(dealers);
    const value = [...deals.values()].reduce((sum, deal, i) => {
      const share = this.#open(deal);
      if (share === undefined)
        throw new MemberFaultError(
          "share",
          deal.from,
          `member ${deal.from}: expected the share that was accepted, got none`,
        );
      return Scalars.add(sum, Scalars.mul(factors[i] as bigint, share.value));
    }, 0n);
    if (!samePoint(timesSecret(value, BASE), (key.members[this.#index - 1] as { share: typeof BASE }).share))
      throw new OutOfRangeError("share", "the one of this member's public share", "another");
    return { key, index: this.#index, value };
  }

  async #send<Kind extends MessageKind>(kind: Kind, from: number, body: Body<Kind>): Promise<void> {
    const { wallet } = this.#options;
    const draft = { ceremony: this.#ceremony, kind, from, body };
    const message = await signMessage(wallet, this.#state.terms.chainId, draft);
    this.#state = { ...this.#state, sent: [...this.#state.sent, message as unknown as Message] };
    await this.#options.keep(this.#state);
  }
}
