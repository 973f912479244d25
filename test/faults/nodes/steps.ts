import { join } from "node:path";
import { ROOT } from "../../support/chainDesk.js";
import { type ProxiedChain, SETTLED, type Step } from "./proxiedChain.js";

const at = (chain: ProxiedChain) => chain.desk.at;
const vault = (...args: readonly string[]) => ["vault", ...args];

/** A deployment, and an account that is opened in it. */
async function begin(chain: ProxiedChain): Promise<void> {
  const { desk, account } = chain;
  await desk.json(...desk.deployArguments());
  const named = ["--name", account.name, "--attester", desk.custodian];
  account.id = (await desk.json("attest", "open", ...at(chain), ...named, ...desk.by("ZKM_OWNER"))).account;
  await chain.mint();
}

const does = (chain: ProxiedChain, who: "ZKM_OWNER" | "ZKM_CUSTODIAN", ...args: readonly string[]) =>
  chain.desk.json(...vault(...args), ...at(chain), ...chain.desk.by(who));

const deploying: readonly Step[] = [
  {
    name: "deploy",
    command: ({ desk }) => ["deploy", "--local", "--out", desk.file("again.json")],
    who: "ZKM_DEPLOYER",
  },
];

const attesting: readonly Step[] = [
  {
    name: "attest open",
    prepare: begin,
    command: ({ desk }) => ["attest", "open", "--name", "desk-2", "--attester", desk.custodian],
    who: "ZKM_OWNER",
  },
  {
    name: "attest relay",
    prepare: async (chain) => {
      const { desk, account } = chain;
      const terms = [
        "--account",
        account.id,
        "--commitment",
        "7",
        "--sequence",
        "1",
        "--as-of",
        await desk.now(),
      ];
      const out = ["--out", desk.file("signed.json")];
      await desk.json("attest", "sign", ...at(chain), ...terms, ...desk.by("ZKM_CUSTODIAN"), ...out);
    },
    command: ({ desk }) => ["attest", "relay", desk.file("signed.json")],
    who: "ZKM_KEEPER",
  },
  { name: "poke", command: () => ["poke"], who: "ZKM_KEEPER" },
];

const proving: readonly Step[] = [
  {
    name: "submit",
    prepare: async (chain) => {
      const { desk, account } = chain;
      await begin(chain);
      const book = await desk.attestBook("cash-and-carry", account, 1);
      await desk.json("poke", ...at(chain), ...desk.by("ZKM_KEEPER"));
      await desk.prove(book);
    },
    command: ({ desk, account }) => ["submit", `${account.id}=${desk.file("desk.proof.json")}`],
    who: "ZKM_KEEPER",
  },
  { name: "status", command: ({ account }) => ["status", account.id] },
  { name: "round", command: ({ desk }) => ["round", "--out", desk.file("again.market.json")] },
  {
    name: "audit export",
    command: ({ desk }, run) => ["audit", "export", "--out", desk.file(`${run}.ndjson`)],
  },
  {
    name: "keep",
    prepare: ({ desk }) => desk.pass(SETTLED),
    command: ({ desk, account }) => [
      ...["keep", "--once", `${account.id}=${desk.file("desk-1.json")}`, "--poke-after", "60"],
      ...["--secret", desk.file("desk.secret"), "--home", join(ROOT, "build/keys")],
    ],
    who: "ZKM_KEEPER",
  },
];

const vaults: readonly Step[] = [
  {
    name: "vault deposit",
    prepare: begin,
    command: ({ account }) => vault("deposit", account.id, "100"),
    who: "ZKM_OWNER",
  },
  {
    name: "vault request",
    prepare: (chain) => does(chain, "ZKM_OWNER", "deposit", chain.account.id, "2", "--token", "BTC"),
    command: ({ account }) => vault("request", account.id, "0.5", "--token", "BTC"),
    who: "ZKM_OWNER",
  },
  {
    name: "vault cancel",
    prepare: (chain) => does(chain, "ZKM_OWNER", "request", chain.account.id, "0.5", "--token", "BTC"),
    command: ({ account }) => vault("cancel", account.id, "--token", "BTC"),
    who: "ZKM_OWNER",
  },
  {
    name: "vault insurance fund",
    command: ({ desk }) => vault("insurance", "fund", desk.custodian, "10"),
    who: "ZKM_BIDDER",
  },
  {
    name: "vault insurance withdraw",
    prepare: (chain) => does(chain, "ZKM_CUSTODIAN", "insurance", "fund", chain.desk.custodian, "100"),
    command: () => vault("insurance", "withdraw", "10"),
    who: "ZKM_CUSTODIAN",
  },
  {
    name: "vault loan creditor",
    command: ({ desk, account }) => vault("loan", "creditor", account.id, desk.custodian),
    who: "ZKM_OWNER",
  },
  {
    name: "vault loan request",
    prepare: (chain) => does(chain, "ZKM_OWNER", "loan", "creditor", chain.account.id, chain.desk.custodian),
    command: ({ account }) => vault("loan", "request", account.id, "40000"),
    who: "ZKM_OWNER",
  },
  {
    name: "vault loan cancel",
    prepare: (chain) => does(chain, "ZKM_OWNER", "loan", "request", chain.account.id, "40000"),
    command: ({ account }) => vault("loan", "cancel", account.id),
    who: "ZKM_OWNER",
  },
];

const lending: readonly Step[] = [
  {
    name: "vault withdraw",
    prepare: async (chain) => {
      await begin(chain);
      await does(chain, "ZKM_OWNER", "deposit", chain.account.id, "2", "--token", "BTC");
      await does(chain, "ZKM_OWNER", "request", chain.account.id, "0.5", "--token", "BTC");
      await does(chain, "ZKM_OWNER", "loan", "creditor", chain.account.id, chain.desk.custodian);
      await does(chain, "ZKM_OWNER", "loan", "request", chain.account.id, "40000");
      await chain.prove("cash-and-carry", 1);
    },
    command: ({ account }) => vault("withdraw", account.id, "--token", "BTC"),
    who: "ZKM_OWNER",
  },
  {
    name: "vault loan lend",
    command: ({ account }) => vault("loan", "lend", account.id, "40000"),
    who: "ZKM_CUSTODIAN",
  },
  {
    name: "vault loan repay",
    prepare: (chain) => does(chain, "ZKM_CUSTODIAN", "loan", "lend", chain.account.id, "40000"),
    command: ({ account }) => vault("loan", "repay", account.id, "4000"),
    who: "ZKM_BIDDER",
  },
  {
    name: "vault claim",
    prepare: (chain) =>
      chain.desk.json(
        ...vault("loan", "repay", chain.account.id, "4000"),
        ...at(chain),
        ...chain.desk.by("ZKM_BIDDER"),
      ),
    command: () => vault("claim"),
    who: "ZKM_CUSTODIAN",
  },
  {
    name: "vault auction start",
    prepare: async (chain) => {
      const { desk, account } = chain;
      await desk.pass(SETTLED);
      const path = await desk.attestBook("leveraged-long", account, 3);
      await desk.json("poke", ...at(chain), ...desk.by("ZKM_KEEPER"));
      const bundle = await desk.prove(path, "--unhealthy", "--theta", "10800");
      await desk.json("submit", ...at(chain), `${account.id}=${bundle}`, ...desk.by("ZKM_CUSTODIAN"));
      // Its clock runs only while the market does, so somebody pokes.
      for (let hours = 0; hours <= 12; hours += 1.5) {
        await desk.pass(5_400);
        await desk.json("poke", ...at(chain), ...desk.by("ZKM_KEEPER"));
      }
    },
    command: ({ account }) => vault("auction", "start", account.id, "--token", "BTC"),
    who: "ZKM_KEEPER",
  },
  {
    name: "vault auction take",
    prepare: (chain) =>
      chain.desk.json(
        ...vault("auction", "start", chain.account.id, "--token", "BTC"),
        ...at(chain),
        ...chain.desk.by("ZKM_KEEPER"),
      ),
    command: ({ account }) => vault("auction", "take", account.id, "--most", "0.1"),
    who: "ZKM_BIDDER",
  },
];

/** Every command of the chain, in groups that begin with a chain of their own. */
export const GROUPS: Readonly<Record<string, readonly Step[]>> = {
  deploying,
  attesting,
  proving,
  vaults,
  lending,
};
