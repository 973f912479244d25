import assert from "node:assert/strict";
import { Interface, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../../src/chain/anvil.js";
import { encodeAttest, signBook } from "../../../src/chain/attest.js";
import { callsIn } from "../../../src/chain/eventLog/calls.js";
import { houseCallsIn } from "../../../src/chain/eventLog/houseCalls.js";
import { bookRegistry } from "../../../src/chain/generated/BookRegistry.js";
import { clearingHouse } from "../../../src/chain/generated/ClearingHouse.js";
import { marginGate, type Submission } from "../../../src/chain/generated/MarginGate.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";

const GATE = new Interface(marginGate.abi);
const REGISTRY = new Interface(bookRegistry.abi);
const ACCOUNT = `0x${"12".repeat(32)}`;
const SUBMISSION: Submission = {
  account: ACCOUNT,
  round: 7n,
  claim: 10_000n | (1n << 30n),
  proof: { a: [1n, 2n], b: [3n, 4n, 5n, 6n], c: [7n, 8n] },
};
const KILOBYTES = [16, 64, 256];

const bare = (data: string) => data.slice(2);
const word = (value: number) => value.toString(16).padStart(64, "0");

describe("chain/eventLog/calls", () => {
  let attest: string;

  before(async () => {
    const wallet = new Wallet(ANVIL_KEYS[2]);
    const place = { chainId: 31_337n, registry: `0x${"34".repeat(20)}`, listing: DEFAULT_LISTING };
    const book = { account: ACCOUNT, commitment: 9n, sequence: 1n, asOf: 10n, expiresAt: 20n };
    attest = encodeAttest(book, [await signBook(wallet, place, book, wallet.address)]);
  });

  it("finds calls wherever a wallet or a batch packs them", () => {
    const submit = GATE.encodeFunctionData("submit", Object.values(SUBMISSION));
    const batch = GATE.encodeFunctionData("submitBatch", [[SUBMISSION, { ...SUBMISSION, round: 8n }]]);
    const found = callsIn(`0x12345678${word(96)}${[submit, attest, batch].map(bare).join(word(3))}ff`);
    assert.deepEqual(
      found.submissions.map(({ round }) => round),
      [7n, 7n, 8n],
    );
    assert.deepEqual(found.submissions[0], SUBMISSION);
    assert.deepEqual(
      found.attests.map(({ book }) => [book.account, book.commitment, book.expiresAt]),
      [[ACCOUNT, 9n, 20n]],
    );
    assert.ok(found.complete);
  });

  it("finds the calls of a clearing house, with the claims of health that it passes on to its gates", () => {
    const house = new Interface(clearingHouse.abi);
    const proof = (n: bigint) => ({ a: [n, n], b: [n, n, n, n], c: [n, n] });
    const claim = (n: bigint) => ({ round: n, claim: n + 1n, proof: proof(n + 2n) });
    const side = (n: bigint) => ({
      ...{ account: ACCOUNT, newCommitment: n, deadline: 1n, sides: 1n, reduces: false, capSteps: 0n },
      ...{ hash: n, ephemeral: [1n, 2n], notes: [1n, 0n, 0n, 0n], cipher: new Array<bigint>(8).fill(n) },
      ...{ proof: proof(n), initial: claim(10n * n), stress: claim(20n * n) },
      signature: `0x${"ab".repeat(65)}`,
    });
    const one = house.encodeFunctionData("deposit", [side(3n), 5n]);
    const two = house.encodeFunctionData("trade", [[side(1n), side(2n)], 7n, [1n, 2n]]);
    const empty = house.encodeFunctionData("exit", [side(4n), 0n, `0x${"12".repeat(20)}`, 6n, proof(9n)]);
    const renewal = house.encodeFunctionData("renew", [ACCOUNT, claim(50n), claim(60n), 0n]);
    const data = `0x12345678${word(96)}${[one, two, empty, renewal].map(bare).join(word(3))}ff`;
    const { transitions, exits, claims, complete } = houseCallsIn(data);
    assert.ok(complete);
    assert.deepEqual(transitions.map(({ newCommitment }) => newCommitment).sort(), [1n, 2n, 3n, 4n]);
    assert.deepEqual(
      exits.map(({ account, hash }) => [account, hash]),
      [[ACCOUNT, 6n]],
    );
    const rounds = [10n, 20n, 20n, 30n, 40n, 40n, 50n, 60n, 60n, 80n];
    assert.deepEqual(claims.map(({ round }) => round).sort(), rounds);
    // A claim is found as if the gate had been called.
    assert.equal(callsIn(data).submissions.length, rounds.length);

    const endless = bare(house.getFunction("refresh")?.selector ?? "").repeat(4_000);
    assert.equal(houseCallsIn(`0x${endless}`).complete, false);
  });

  // Each fits a call's beginning at as many places as it can, and each call would reach to the end.
  const nested = (size: number, head: string, reach: (left: number) => string) => {
    let data = head.repeat(3);
    while (data.length < size) data += head + reach(size - data.length);
    return `0x${data}`;
  };
  const batchSelector = bare(GATE.getFunction("submitBatch")?.selector ?? "");
  const attestSelector = bare(REGISTRY.getFunction("attest")?.selector ?? "");
  for (const [what, hostile] of Object.entries({
    "repeated selectors": (size: number) => nested(size, attestSelector, () => ""),
    "batches within batches": (size: number) =>
      nested(size, batchSelector + word(32), (left) => word(Math.floor(left / (11 * 64)))),
    "attested books within attested books": (size: number) =>
      nested(
        size,
        attestSelector + word(1).repeat(5) + word(192) + word(1) + word(32) + word(7) + word(64),
        (left) => word(Math.max(0, Math.floor(left / 2) - 64)),
      ),
    "one book again and again": (size: number) => nested(size, bare(attest), () => ""),
  }))
    it(`looks at no more than twice what there is: ${what}`, () => {
      for (const kilobytes of KILOBYTES) {
        const data = hostile(kilobytes * 2_048);
        const { decoded } = callsIn(data + bare(attest));
        assert.ok(decoded <= 2 * data.length + 8_192, `${kilobytes} KB: ${decoded} of ${data.length}`);
      }
    });

  // shows: A54
  it("says where it did not look at everything", () => {
    const head = batchSelector + word(32);
    const data = nested(2 ** 17, head, (left) => word(Math.floor(left / (11 * 64)) - 1));
    assert.equal(callsIn(data).complete, false);
  });
});
