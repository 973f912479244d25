import { keccak256, type Provider, ZeroAddress } from "ethers";
import { interfaceOf } from "../binding.js";
import { TIMELOCK_ROLES, timelockHolders } from "../dao.js";
import type { Deployed } from "../deployment.js";
import { riskGovernor, timelockController, voteToken } from "../generated/index.js";
import { bigints, type Create } from "./create.js";
import type { DaoPlan } from "./plan.js";
import type { DeploySender } from "./rehearsal.js";

/** Deploys token, timelock and governor, and leaves the timelock to the governor and to itself. */
export async function deployDao(
  create: Create,
  transactions: DeploySender,
  plan: DaoPlan,
  provider: Provider,
) {
  const { token, votingDelay, votingPeriod, threshold, quorum } = plan;
  const admin = transactions.sender;
  const votes =
    typeof token === "string" ? await foreignToken(token, provider) : await ownToken(create, token);
  const timelock = await create("timelock", timelockController, [
    BigInt(plan.timelock),
    [],
    [ZeroAddress],
    admin,
  ]);
  const terms = bigints({ votingDelay, votingPeriod, threshold, quorum });
  const governor = await create("governor", riskGovernor, [votes.address, timelock.address, terms]);
  const { proposer, canceller } = timelockHolders({ timelock, governor });
  const send = (what: string, name: string, args: readonly string[]) =>
    transactions.send({
      key: `deploy dao ${what} ${timelock.address}`,
      to: timelock.address,
      data: interfaceOf(timelockController).encodeFunctionData(name, args),
    });
  for (const holder of proposer)
    await send(`proposer ${holder}`, "grantRole", [TIMELOCK_ROLES.proposer, holder]);
  for (const holder of canceller)
    await send(`canceller ${holder}`, "grantRole", [TIMELOCK_ROLES.canceller, holder]);
  await send("renounce", "renounceRole", [TIMELOCK_ROLES.admin, admin]);
  return { voteToken: votes, timelock, governor };
}

function ownToken(create: Create, { name, symbol, holders }: Exclude<DaoPlan["token"], string>) {
  const amounts = holders.map(({ amount }) => amount);
  return create("voteToken", voteToken, [name, symbol, holders.map(({ holder }) => holder), amounts]);
}

/** Somebody else's, of whose code this package says nothing. */
async function foreignToken(address: string, provider: Provider): Promise<Deployed> {
  return { contract: "votes", address, codeHash: keccak256(await provider.getCode(address)), block: 0 };
}
