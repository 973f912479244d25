import assert from "node:assert/strict";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { accountId } from "../../src/chain/attest.js";
import { parseConfig } from "../../src/cli/config.js";
import { InputError } from "../../src/errors.js";
import { errorOf, workFolder, write, zk, zkJson, zkOk } from "./support.js";

const OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const ACCOUNT = `0x${"ab".repeat(32)}`;

/** Runs with these environment variables, and takes them away again. */
async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  for (const [name, value] of Object.entries(variables)) process.env[name] = value;
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

describe("cli: settings", () => {
  const work = workFolder();
  const config = (fields: object) =>
    write(work.at("config.json"), { format: "zkmargin/config@1", ...fields });
  /** The manifest that `status` looks for: it is not there, so the error names it. */
  const manifestOf = async (...args: readonly string[]) =>
    errorOf(await zk(["status", ...args, "--json"])).message.split(":")[0];

  it("takes a flag before the environment, that before the file, and that before the default", async () => {
    const file = config({
      deployment: "of-file.json",
      rpc: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
      feeCap: 7,
    });
    assert.equal(await manifestOf(), "deployment.json");
    assert.equal(await manifestOf("--config", file), work.at("of-file.json"));
    const variables = {
      ZKMARGIN_CONFIG: file,
      ZKMARGIN_DEPLOYMENT: "of-environment.json",
      ZKMARGIN_HOME: "",
    };
    await withEnvironment(variables, async () => {
      assert.equal(await manifestOf(), "of-environment.json");
      assert.equal(await manifestOf("--deployment", "of-flag.json"), "of-flag.json");
      const { file: found, settings } = await zkJson(["config"]);
      assert.equal(found, file);
      const of = (field: string) => settings.find((it: { field: string }) => it.field === field);
      assert.deepEqual(
        [of("deployment").values, of("deployment").from],
        [["of-environment.json"], "environment"],
      );
      assert.deepEqual([of("rpc").values.length, of("rpc").from, of("home").from], [2, file, null]);
      assert.match(await zkOk(["config"]), /feeCap +ZKMARGIN_FEE_CAP +7 +file\n/);
    });
  });

  it("finds the nearest file above the working folder, and reads its paths from where it is", async () => {
    const file = write(work.at("zkmargin.config.json"), {
      format: "zkmargin/config@1",
      deployment: "a/b.json",
    });
    mkdirSync(work.at("below/deeper"), { recursive: true });
    const before = process.cwd();
    process.chdir(work.at("below/deeper"));
    try {
      assert.equal(await manifestOf(), join(realpathSync(work.path), "a/b.json"));
      assert.equal((await zkJson(["config"])).file, realpathSync(file));
    } finally {
      process.chdir(before);
    }
  });

  it("puts environment variables into URLs, and shows hosts alone", async () => {
    const file = config({ rpc: "https://node.example/v3/${MY_NODE_KEY}" });
    const missing = errorOf(await zk(["config", "--config", file, "--json"]));
    assert.match(missing.message, /\.rpc: expected an environment variable MY_NODE_KEY/);
    await withEnvironment({ MY_NODE_KEY: "0123456789abcdef0123456789abcdef" }, async () => {
      const told = await zkOk(["config", "--config", file, "--json"]);
      assert.match(told, /"https:\/\/node\.example"/);
      assert.ok(!told.includes("0123456789abcdef"));
    });
  });

  it("refuses a secret in a file with a word, and quotes nothing", () => {
    const of = (fields: object) => JSON.stringify({ format: "zkmargin/config@1", ...fields });
    const secret = "deadbeefdeadbeefdeadbeefdeadbeef";
    const refused: readonly (readonly [object, RegExp])[] = [
      ...["privateKey", "secret", "password", "mnemonic", "seed", "keystorePassword", "key", "apiKey"].map(
        (name): [object, RegExp] => [
          { [name]: secret },
          /expected no secret in a config file: name its file/,
        ],
      ),
      [
        { rpc: `https://user:${secret}@node.example` },
        /rpc.*: expected a URL without a user, a password or a key/,
      ],
      [{ rpc: [`https://node.example/v3/${secret}`] }, /\[0\]: expected a URL without a user/],
      [{ rpc: `https://node.example/?apikey=${secret}` }, /expected a URL without a user/],
      [{ rpc: [] }, /rpc/],
      [{ rpc: "node.example" }, /rpc.*: expected a URL such as/],
      [{ feeCap: "7" }, /feeCap/],
      [{ feeCap: 1.5 }, /feeCap/],
      [{ feeCap: -1 }, /feeCap/],
      [{ from: "0x12" }, /from: expected an address/],
      [{ home: "" }, /home/],
      [{ gas: 1 }, /gas/],
    ];
    for (const [fields, message] of refused)
      assert.throws(
        () => parseConfig(of(fields), "c"),
        (error: Error) => {
          assert.ok(error instanceof InputError, `${JSON.stringify(fields)}: ${error}`);
          assert.match(error.message, message);
          return !error.message.includes(secret);
        },
        JSON.stringify(fields),
      );
    for (const text of ["", "[]", "{}", "null", '{"format": "zkmargin/config@2"}', "{a: 1}"])
      assert.throws(() => parseConfig(text, "c"), InputError, text);
  });

  it("names a variable whose value is wrong", async () => {
    await withEnvironment({ ZKMARGIN_FEE_CAP: "much" }, async () => {
      const told = errorOf(await zk(["poke", "--key-env", "X", "--json"]));
      assert.deepEqual([told.name, told.exitCode], ["UsageError", 2]);
      assert.match(told.message, /^ZKMARGIN_FEE_CAP: Expected a whole number/);
    });
  });

  it("keeps names, each for one id, and takes them in place of ids", async () => {
    const names = ["--names", work.at("names.json")];
    assert.equal((await zkJson(["names", "add", "alpha", OWNER, ...names])).id, OWNER);
    const { id } = await zkJson(["names", "add", "desk-1/cross", "alpha:desk-1/cross", ...names]);
    assert.equal(id, accountId(OWNER, "desk-1/cross"));
    await zkOk(["names", "add", "other", ACCOUNT, ...names]);
    assert.match(await zkOk(["names", "show", ...names]), /desk-1\/cross +account +0x[0-9a-f]{64}\n/);
    const written = readFileSync(work.at("names.json"), "utf8");
    for (const [name, what, message] of [
      ["Alpha", ACCOUNT, /expected an id without a name, or of this name/],
      ["ALPHA", `0x${"cd".repeat(32)}`, /a name that no other id has/],
      ["x", "beta:desk-1", /expected an address .*; or <owner>:<sub-account>/],
      ["x", "0x1234", /expected an address/],
      [" x", `0x${"cd".repeat(32)}`, /without space around/],
    ] as const) {
      const told = errorOf(await zk(["names", "add", name, what, ...names, "--json"]));
      assert.match(told.message, message);
      assert.equal(told.exitCode, 3);
    }
    assert.equal(readFileSync(work.at("names.json"), "utf8"), written);

    // The account is found before the manifest is looked for.
    for (const account of ["desk-1/cross", "DESK-1/cross", "alpha:desk-2", `${OWNER}:desk-2`, ACCOUNT])
      assert.equal(await manifestOf(account, ...names), "deployment.json", account);
    for (const account of ["alpha", "nobody", "nobody:desk-1", "0x12"]) {
      const told = errorOf(await zk(["status", account, ...names, "--json"]));
      assert.equal(told.exitCode, 2, account);
      assert.match(
        told.message,
        /expected an account of 0x and 64 small hex digits.*, or its name in --names/,
      );
    }
    const pair = errorOf(await zk(["submit", "desk-1/cross=a=b.json", ...names, "--key-env", "X", "--json"]));
    assert.equal(pair.message.split(":")[0], "deployment.json");
    const attester = ["attest", "open", "--name", "d", "--key-env", "X", "--json", ...names, "--attester"];
    assert.equal(errorOf(await zk([...attester, "alpha"])).message.split(":")[0], "deployment.json");
    assert.match(errorOf(await zk([...attester, "other"])).message, /^--attester: expected an address/);
  });
});
