import { runOptions } from "../recording.js";
import { edit, LINES, type Tampering } from "./tampering.js";

/** Ways to alter the record itself, and what never changes: keys, code and ties. */
export const RECORD_TAMPERINGS: readonly Tampering[] = [
  // the record itself
  edit("log-altered", "another digest", LINES.deployed, (log) => {
    log.digest = "ab".repeat(32);
  }),
  edit("log-truncated", "no last line", LINES.deployed, (log) => {
    log.withoutEnd = true;
  }),
  edit("log-incomplete", "fewer rounds than the chain counts", LINES.rounds, (log) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    block.counts = { round: Number(fields.number) + 1, epoch: 1, accounts: [] };
  }),
  edit("log-incomplete", "a book less than the chain counts", LINES.books, (log) => {
    const { block, fields } = log.find("BookAttested", 0);
    const { attesters, threshold } = log.find("AccountOpened", 0).fields;
    const set = { attesters: [...attesters], threshold: Number(threshold) };
    const account = { account: fields.account, book: 2, health: 0, ...set };
    block.counts = {
      round: Number(log.find("RoundCommitted", -1).fields.number),
      epoch: 1,
      accounts: [account],
    };
  }),
  edit("log-incomplete", "an account of which there is no opening", LINES.rounds, (log) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    const account = { account: `0x${"12".repeat(32)}`, book: 0, health: 0, attesters: [], threshold: 1 };
    block.counts = { round: Number(fields.number), epoch: 1, accounts: [account] };
  }),
  edit("block-chain-broken", "a block with another parent", 31, (log) => {
    const { block } = log.find("AccountOpened", 1);
    block.parent = `0x${"12".repeat(32)}`;
  }),
  edit("event-order", "an event twice", LINES.proven, (log) => {
    const { block, event } = log.find("ProofAccepted", 1);
    block.events.push({ ...event });
    block.events.sort((a, b) => a.index - b.index);
  }),
  edit("event-order", "two events in another order", LINES.proven, (log) => {
    const { block } = log.find("ProofAccepted", 0);
    block.events.reverse();
  }),
  edit("event-impossible", "a proposal cancelled that there was none of", LINES.books, (log) => {
    const { account } = log.find("AccountOpened", 0).fields;
    const at = log.find("BookAttested", 0);
    log.insert(at, { role: "bookRegistry", name: "ProposalCancelled", fields: { account } });
  }),
  edit("event-impossible", "an event with stray bits", 30, (log) => {
    const { block, at, event } = log.find("AccountOpened", 0);
    block.events[at] = { ...event, data: `${event.data}${"00".repeat(32)}` };
  }),
  edit("event-impossible", "a vault that the head has none of", LINES.deployed, (log) => {
    log.constants.vault = null;
  }),
  edit("event-missing", "marks lifted without a word of it", LINES.all, (log) =>
    log.remove("MarksLifted", 0),
  ),
  edit("event-missing", "an auction without the lapse written down", LINES.sold, (log) =>
    log.remove("LapseRecorded", 0),
  ),
  // keys and code
  edit("key-mismatch", "a gate with another α", LINES.deployed, (log) => {
    log.constants.key.words[0] = "1";
  }),
  edit("key-mismatch", "a table of other points", LINES.deployed, (log) => {
    log.constants.key.table = `0x${"77".repeat(32)}`;
  }),
  {
    code: "key-unsound",
    what: "a key with δ = γ",
    lines: LINES.deployed,
    tamper: async () => {
      const { key } = await runOptions();
      const bad = { ...key.named.key, vk_delta_2: key.named.key.vk_gamma_2 };
      return { key: { ...key, named: { ...key.named, key: bad } } };
    },
  },
  edit("development-key", "a development key on the main net", LINES.deployed, (log) => {
    log.deployment = { ...log.deployment, chainId: 1n };
  }),
  edit("code-mismatch", "a gate of other code", LINES.deployed, (log) => {
    log.constants.code.marginGate = `0x${"99".repeat(32)}`;
  }),
  edit("code-mismatch", "a feed of other code than the manifest's", LINES.deployed, (log) => {
    log.constants.sources["BTC"] = {
      code: `0x${"99".repeat(32)}`,
      bare: log.constants.sources["BTC"]?.bare ?? "",
    };
  }),
  edit("code-mismatch", "a table of other code", LINES.deployed, (log) => {
    log.constants.code.signalTable = `0x${"99".repeat(32)}`;
  }),
  edit("key-mismatch", "a chunk of the table with other points", LINES.deployed, (log) => {
    log.constants.key.chunks[1] = `0x${"99".repeat(32)}`;
  }),
  edit("tie-mismatch", "a ledger of another authority", LINES.deployed, (log) => {
    log.constants.ties["marketLedger.authority"] = `0x${"99".repeat(20)}`;
  }),
  edit("tie-mismatch", "a gate that was not asked for its registry", LINES.deployed, (log) => {
    delete log.constants.ties["marginGate.registry"];
  }),
  edit(
    "development-key",
    "a development key on a node that is not of this machine",
    LINES.deployed,
    (log) => {
      log.constants.local = false;
    },
  ),
  edit("code-mismatch", "a gate whose code is left out", LINES.deployed, (log) => {
    delete log.constants.code.marginGate;
  }),
];
