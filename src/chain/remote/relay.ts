import { DeploymentMismatchError, RevertedError } from "../../errors.js";
import { interfaceOf } from "../binding.js";
import type { Connection } from "../connection.js";
import { blockRoots } from "../generated/BlockRoots.js";
import { storageProofSource } from "../generated/StorageProofSource.js";
import { calling } from "../transactions/revert.js";
import type { Transactions } from "../transactions/transactions.js";
import type { ReportMessage } from "./messages.js";
import type { ProofSide, RemotePair } from "./otherSide.js";
import { Remote, type RemoteSenders } from "./remote.js";
import { allSaid, type Said, type Side } from "./said.js";
import { isSignedByKey, type SignedRoot, storageProof } from "./storageProof.js";

/** What a relayer did, or why not. */
export type RelayHappening =
  /** A block of that chain is vouched for on the other one, and counts from then on, unix seconds. */
  | { readonly event: "accepted"; readonly chain: Side; readonly number: bigint; readonly countsAt: bigint }
  /** A signed block is not the one that the relayer's own node has; it is not handed on. */
  | { readonly event: "conflict"; readonly chain: Side; readonly number: bigint }
  | { readonly event: "proven"; readonly kind: Said["kind"]; readonly chain: Side; readonly digest: string }
  | { readonly event: "credited"; readonly lock: bigint }
  | { readonly event: "noted"; readonly reportedAt: bigint }
  | { readonly event: "reported" }
  | { readonly event: "paid"; readonly lock: bigint; readonly number: bigint }
  /** A contract refuses, and says why; it is tried again at the next look. */
  | {
      readonly event: "refused";
      readonly kind: Said["kind"];
      readonly digest: string;
      readonly reason: string;
    }
  /** Messages that are not final, or whose block does not count yet. */
  | { readonly event: "waits"; readonly chain: Side; readonly messages: number };

/** Who relays, by whose word, and who is told. */
export interface RelayerOptions {
  readonly pair: RemotePair;
  readonly senders: Required<RemoteSenders>;
  /** What attesters have signed of a chain's blocks. */
  readonly roots: (chain: Side) => Promise<readonly SignedRoot[]>;
  /** Whether it also credits, takes note of reports and pays out; true by default. */
  readonly acts?: boolean;
  /**
   * Seconds without word of the lock after which it is asked for a report; never if absent. A report that comes sooner is carried only
   * if home counts nothing of the lock, or the lock holds less than there are claims.
   */
  readonly reportEvery?: bigint;
  /** Locks and releases of less, smallest units of the token, are left for others to carry; none if absent. */
  readonly least?: bigint;
  readonly onEvent?: (event: RelayHappening) => void;
}

/** What one look came to. */
export interface Relayed {
  readonly proven: number;
  readonly acted: number;
  readonly refused: number;
  /** Messages that nobody has acted on yet. */
  readonly left: number;
}

/**
 * Carries messages between the two sides of an asset by storage proofs: hands signed blocks in, proves messages of blocks that
 * count, and acts on what is verified. It can be stopped and started at any moment, and any number of them may run: each
 * step is a fact that holds once.
 *
 * @example
 * ```ts
 * import { Relayer } from "zkmargin/chain";
 *
 * console.log(typeof Relayer.prototype.look); // function
 * ```
 */
export class Relayer {
  readonly #options: RelayerOptions;
  readonly #remote: Remote;

  constructor(options: RelayerOptions) {
    this.#options = options;
    this.#remote = new Remote(options.pair, options.senders);
  }

  /** Looks at both chains once, and does what can be done. @throws ChainError for a node or key in trouble */
  async look(): Promise<Relayed> {
    const { pair, acts = true, least = 0n } = this.#options;
    await this.#askForReport();
    const said = await allSaid(pair);
    const open = said.filter(({ state }) => state === "said" || state === "verified");
    const newest = open.filter(({ kind }) => kind === "report").at(-1);
    const isNews = newest?.kind === "report" && (await this.#isNews(newest.message));
    // Of reports only the newest is news. Proofs cost the relayer, and dust and reports cost who makes them little.
    const wanted = open.filter((each) =>
      each.kind === "report" ? each === newest && isNews : each.message.amount >= least,
    );
    let [proven, acted, refused] = [0, 0, 0];
    const verified = new Set(wanted.filter(({ state }) => state === "verified"));
    for (const chain of ["other", "home"] as const) {
      const waiting = wanted.filter(({ side, state }) => side === chain && state === "said");
      if (waiting.length === 0) continue;
      const carried = await this.#carry(chain, waiting);
      proven += carried.length;
      for (const each of carried) verified.add(each);
      if (carried.length < waiting.length)
        this.#tell({ event: "waits", chain, messages: waiting.length - carried.length });
    }
    for (const each of acts ? wanted.filter((one) => verified.has(one)) : [])
      if (await this.#act(each)) acted++;
      else refused++;
    return { proven, acted, refused, left: wanted.length - acted };
  }

  /** Has the lock say that it is there, if home has not heard of it for long. */
  async #askForReport(): Promise<void> {
    const { pair, reportEvery } = this.#options;
    if (reportEvery === undefined) return;
    const { heardAt } = await calling("report", () => pair.collateral.heard());
    const now = await timeOf(pair.connection);
    const { locks } = await calling("locks", async () => ({ locks: await pair.lock.locks() }));
    if (locks === 0n || now < heardAt + reportEvery) return;
    const underWay = (await allSaid(pair)).some(
      ({ kind, state, sentAt }) =>
        kind === "report" && (state === "said" || state === "verified") && sentAt + reportEvery > now,
    );
    if (underWay) return;
    await this.#remote.report();
    this.#tell({ event: "reported" });
  }

  /** Whether home is to know of a report now: anybody can have the lock make one each second. */
  async #isNews({ reportedAt, held }: ReportMessage): Promise<boolean> {
    const { pair, reportEvery } = this.#options;
    if (reportEvery === undefined) return true;
    return calling("news", async () => {
      const { heardAt } = await pair.collateral.heard();
      if (reportedAt >= heardAt + reportEvery) return true;
      return (await pair.collateral.isStale()) || held < (await pair.collateral.totalSupply());
    });
  }

  /** Proves on the other chain what was said on this one, as far as blocks count. Returns what is now verified. */
  async #carry(chain: Side, waiting: readonly Said[]): Promise<readonly Said[]> {
    const { pair, senders } = this.#options;
    const from = chain === "home" ? pair.home.connection : pair.connection;
    const [proofs, transactions] =
      chain === "home" ? [pair.proofs.other, senders.other] : [pair.proofs.home, senders.home];
    if (proofs === null)
      throw new DeploymentMismatchError(
        `remote ${pair.asset}: expected a source of storage proofs, got another; its own messenger carries these messages`,
      );
    const finality = await calling("finality", () => proofs.source.finality());
    const roots = await this.#countingRoots(chain, from, proofs, transactions, waiting, finality);
    const outbox = String(chain === "home" ? pair.collateral.target : pair.lock.target);
    const carried: Said[] = [];
    for (const each of waiting) {
      const root = roots.find(({ number, time }) => covers({ number, time }, each, finality));
      if (root === undefined) continue;
      try {
        await prove(from, transactions, proofs, outbox, each.digest, root.number);
      } catch (error) {
        if (!(error instanceof RevertedError)) throw error;
        this.#refuse(each, error);
        continue;
      }
      this.#tell({ event: "proven", kind: each.kind, chain, digest: each.digest });
      carried.push(each);
    }
    return carried;
  }

  /** Blocks that count on the other chain, newest first, once signed ones that help are handed in. */
  async #countingRoots(
    chain: Side,
    from: Pick<Connection, "provider" | "chainId">,
    { roots: contract }: ProofSide,
    transactions: Transactions,
    waiting: readonly Said[],
    finality: bigint,
  ): Promise<readonly { readonly number: bigint; readonly time: bigint }[]> {
    const { attesters, threshold } = await calling("attesters", () => contract.attestersOf());
    const known = new Set(attesters.map((address) => address.toLowerCase()));
    const byBlock = new Map<string, Map<string, SignedRoot>>();
    const to = chain === "home" ? this.#options.pair.connection : this.#options.pair.home.connection;
    const domain = { chainId: to.chainId, verifyingContract: String(contract.target), of: from.chainId };
    for (const root of await this.#options.roots(chain)) {
      if (!known.has(root.attester.toLowerCase())) continue;
      // One false signature would have the contract refuse the true ones beside it.
      if (!isSignedByKey(root, domain) && (await to.provider.getCode(root.attester)) === "0x") continue;
      const key = `${root.number} ${root.hash}`;
      const signers = byBlock.get(key) ?? new Map<string, SignedRoot>();
      byBlock.set(key, signers.set(root.attester.toLowerCase(), root));
    }
    const candidates = [...byBlock.values()]
      .filter(({ size }) => BigInt(size) >= threshold)
      .map((signers) => [...signers.values()])
      .sort(([a], [b]) => Number((b?.number ?? 0n) - (a?.number ?? 0n)));
    const counting: { number: bigint; time: bigint }[] = [];
    // A block that is accepted and waits will do for the messages that it covers.
    let served: readonly Said[] = [];
    for (const signed of candidates) {
      const [{ number, hash }] = signed as [SignedRoot, ...SignedRoot[]];
      const block = await from.provider.getBlock(number);
      if (block === null) continue;
      const time = BigInt(block.timestamp);
      const helps = waiting.filter(
        (each) => covers({ number, time }, each, finality) && !served.includes(each),
      );
      if (helps.length === 0) continue;
      if (block.hash !== hash) {
        this.#tell({ event: "conflict", chain, number });
        continue;
      }
      const stored = await calling("root", () => contract.rootOf(number));
      if (stored.stopped) continue;
      let { countsAt } = stored;
      if (BigInt(stored.blockHash) === 0n) {
        await acceptRoot(transactions, contract, signed);
        ({ countsAt } = await calling("root", () => contract.rootOf(number)));
        this.#tell({ event: "accepted", chain, number, countsAt });
      } else if (stored.blockHash !== hash) continue;
      served = [...served, ...helps];
      if (countsAt <= (await timeOf(to))) counting.push({ number, time });
    }
    return counting;
  }

  async #act(said: Said): Promise<boolean> {
    try {
      if (said.kind === "lock") {
        await this.#remote.credit(said.message);
        this.#tell({ event: "credited", lock: said.message.id });
      } else if (said.kind === "report") {
        await this.#remote.takeReport(said.message);
        this.#tell({ event: "noted", reportedAt: said.message.reportedAt });
      } else {
        await this.#remote.payOut(said.message);
        this.#tell({ event: "paid", lock: said.message.id, number: said.message.number });
      }
      return true;
    } catch (error) {
      if (!(error instanceof RevertedError)) throw error;
      this.#refuse(said, error);
      return false;
    }
  }

  #refuse({ kind, digest }: Said, { reason, message }: RevertedError): void {
    this.#tell({ event: "refused", kind, digest, reason: reason ?? message });
  }

  #tell(event: RelayHappening): void {
    this.#options.onEvent?.(event);
  }
}

/** Whether the state of a block has a message, long enough after it was said. */
function covers(
  root: { readonly number: bigint; readonly time: bigint },
  said: Said,
  finality: bigint,
): boolean {
  return BigInt(said.block) <= root.number && root.time >= said.sentAt + finality;
}

async function timeOf({ provider }: Pick<Connection, "provider">): Promise<bigint> {
  return BigInt((await provider.getBlock("latest"))?.timestamp ?? 0);
}

/** Hands a signed block in. @throws what Transactions.send throws */
async function acceptRoot(
  transactions: Transactions,
  contract: ProofSide["roots"],
  signed: readonly SignedRoot[],
): Promise<void> {
  const [first] = signed;
  if (first === undefined) return;
  const { number, hash } = first;
  const attestations = [...signed]
    .sort((a, b) => (BigInt(a.attester) < BigInt(b.attester) ? -1 : 1))
    .map(({ attester, signature }) => ({ attester, signature }));
  const to = String(contract.target);
  await transactions.send({
    key: `root ${to} ${number} ${hash}`,
    to,
    data: interfaceOf(blockRoots).encodeFunctionData("accept", [number, hash, attestations]),
    isDone: async () => (await contract.rootOf(number)).blockHash === hash,
  });
}

/**
 * Proves on one chain that an outbox on another has a message in the state of a block, unless that is known.
 * @param from the chain that it was said on
 * @param number a block of that chain that is vouched for on the other
 * @throws what Transactions.send and storageProof throw
 */
export async function prove(
  from: Pick<Connection, "provider">,
  transactions: Transactions,
  { source }: ProofSide,
  outbox: string,
  digest: string,
  number: bigint,
): Promise<void> {
  const to = String(source.target);
  const chain = await calling("source", () => source.chain());
  const isDone = async () => (await source.verifiedAt(chain, outbox, digest)) !== 0n;
  if (await calling("source", isDone)) return;
  const proof = await storageProof(from, outbox, digest, number);
  await transactions.send({
    key: `prove ${to} ${outbox} ${digest}`,
    to,
    data: interfaceOf(storageProofSource).encodeFunctionData("prove", [outbox, digest, proof]),
    isDone,
  });
}
