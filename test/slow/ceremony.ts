import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { verifyCeremony } from "../../src/groth16/ceremony/verifyCeremony.js";
import { buildBases } from "../../src/groth16/setup/fixedBase.js";
import { DEFAULT_TIER, TIERS, type TierName } from "../../src/protocol/tiers.js";
import { errorOf, ROOT, zk, zkJson } from "../cli/support.js";
import { ownPhaseOne } from "../groth16/ceremony/ownPhaseOne.js";
import { ALICE, BOB, Rehearsal } from "../groth16/ceremony/rehearsal.js";

const BEACON = "5e".repeat(32);
/** The least phase 1 that each tier fits into, as a power of two. */
const POWERS: Readonly<Record<TierName, number>> = { "16x16": 13, "32x16": 14 };
const NAMES = ["COORDINATOR_KEY", "ALICE_KEY", "BOB_KEY", "CAROL_KEY"] as const;

/** `npm run test:ceremony`: what is too slow for `npm test`. */
for (const tier of TIERS)
  describe(`a ceremony of three persons for tier ${tier.name}, from the command line`, () => {
    let folder: string;
    let anvil: Anvil | undefined;
    const path = (name: string) => join(folder, name);
    const timed = async (args: readonly string[], stdin = ""): Promise<string> => {
      const [wall, cpu] = [performance.now(), process.cpuUsage()];
      const ran = await zk(args, stdin);
      assert.equal(ran.code, 0, ran.err);
      const { user, system } = process.cpuUsage(cpu);
      const seconds = [(performance.now() - wall) / 1e3, (user + system) / 1e6].map((s) => s.toFixed(1));
      console.log(`    $ zkmargin ${args.join(" ")}\n    ${seconds[0]} s, ${seconds[1]} s of processor time`);
      if (process.env.SHOW) console.log(ran.out);
      return ran.out;
    };

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "zkmargin-slow-"));
      NAMES.forEach((name, i) => {
        process.env[name] = ANVIL_KEYS[i];
      });
      writeFileSync(path("own.ptau"), await ownPhaseOne(await buildBases(), POWERS[tier.name]));
    });
    after(async () => {
      await anvil?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("is held, verified and finished", async () => {
      const keys = path("keys");
      const source = "hash of Ethereum block 23900000";
      await timed([
        ...["ceremony", "start", keys, "--tier", tier.name, "--ptau", path("own.ptau")],
        ...["--beacon-source", source, "--key-env", "COORDINATOR_KEY"],
      ]);
      const kept = path("alice.json");
      for (const [name, variable, extra] of [
        ["Alice of Example Bank", "ALICE_KEY", ["--attestation", kept]],
        ["Bob of Example Clearing", "BOB_KEY", ["--entropy-file", "-"]],
        ["Carol", "CAROL_KEY", []],
      ] as const)
        await timed(
          ["ceremony", "contribute", keys, "--name", name, "--key-env", variable, ...extra],
          "dice",
        );
      await timed(["ceremony", "verify", keys]);
      await timed(["ceremony", "beacon", keys, "--value", `0x${BEACON}`, "--key-env", "COORDINATOR_KEY"]);
      await timed(["ceremony", "finish", keys, "--key-env", "COORDINATOR_KEY"]);
      const coordinator = new Wallet(ANVIL_KEYS[0] ?? "").address;
      const verified = await timed([
        ...["ceremony", "verify", keys, "--includes", kept, "--coordinator", coordinator],
      ]);
      assert.ok(verified.startsWith(`VALID. A ceremony for tier ${tier.name}`), verified);
      assert.match(verified, /Alice of Example Bank.*Bob of Example Clearing.*Carol/s);
      assert.match(verified, /ceremony key: phase 1 is one of its owner's/);
      assert.equal(
        errorOf(await zk(["ceremony", "verify", keys, "--coordinator", `0x${"11".repeat(20)}`, "--json"]))
          .name,
        "CeremonyError",
      );
      await timed(["setup", "--ceremony", keys, "--tier", tier.name, "--home", path("home")]);
    });

    it("makes a key under which books are proven and verified", async () => {
      const home = ["--home", path("home")];
      writeFileSync(path("desk.secret"), "0123456789abcdef".repeat(4).split("").reverse().join(""));
      const book = join(ROOT, "examples", "books", "cash-and-carry.json");
      await timed(["market", "build", "--date", "2021-05-17", "--window", "3", "--out", path("market.json")]);
      const market = ["--market", path("market.json")];
      const proof = path("desk.proof.json");
      await timed([
        ...["prove", book, ...market, "--tier", tier.name, "--secret", path("desk.secret")],
        ...[...home, "--out", proof],
      ]);
      const { key } = await zkJson(["verify", proof, ...market, ...home]);
      assert.deepEqual([key.kind, key.phase1, key.warning], ["ceremony", "own", null]);
      const error = errorOf(await zk(["verify", proof, ...market, "--json"]));
      assert.equal(error.name, "KeyMismatchError");
    });

    // The contracts serve one tier.
    if (tier.name === DEFAULT_TIER)
      it("makes a key that is deployed", async () => {
        const home = ["--home", path("home")];
        anvil = await Anvil.start();
        const rpc = ["--rpc", anvil.url];
        const deployment = path("deployment.json");
        await timed([
          "deploy",
          "--local",
          "--key-env",
          "COORDINATOR_KEY",
          ...home,
          ...rpc,
          "--out",
          deployment,
        ]);
        assert.equal(JSON.parse(readFileSync(deployment, "utf8")).verificationKey.kind, "ceremony");
        await timed(["poke", "--key-env", "ALICE_KEY", ...rpc, "--deployment", deployment, ...home]);
        const elsewhere = errorOf(
          await zk([
            "poke",
            "--key-env",
            "ALICE_KEY",
            ...rpc,
            "--deployment",
            deployment,
            "--home",
            path("none"),
            "--json",
          ]),
        );
        assert.equal(elsewhere.name, "DeploymentMismatchError");
      });
  });

describe("contributions that are killed at random moments", () => {
  let rehearsal: Rehearsal;
  before(async () => {
    rehearsal = await Rehearsal.make();
    await rehearsal.start();
    await rehearsal.contribute("Alice", ALICE);
  });
  after(() => rehearsal.toy.remove());

  it("leave nothing that counts, and are made again", async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
    console.log(`    SEED=${seed}`);
    let state = seed;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const { folder, toy } = rehearsal;
    const script = fileURLToPath(new URL("../groth16/ceremony/contributeOnce.ts", import.meta.url));
    for (let i = 0; i < Number(process.env.KILLS ?? 12); i++) {
      const child = spawn(process.execPath, ["--import", "tsx", script, folder, toy.root], {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const timer = setTimeout(() => child.kill("SIGKILL"), 500 + random() * 7_000);
      await ended;
      clearTimeout(timer);
      const { transcript } = await verifyCeremony({ folder, root: toy.root });
      const count = transcript.attestations.length;
      assert.ok(count === 1 || count === 2, String(count));
      if (count === 2) {
        rmSync(join(folder, "contributions", "0002.json"));
        rmSync(join(folder, "keys", `${transcript.attestations[1]?.key}.zkey`));
      }
    }
    await rehearsal.contribute("Bob", BOB);
    assert.deepEqual(readdirSync(join(folder, "contributions")), ["0001.json", "0002.json"]);
    assert.equal(readdirSync(join(folder, "keys")).length, 3);
  });
});
