import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { replayContracts } from "zkmargin/audit";
import { readContracts, serialiseContractLog, serialiseDeployment } from "zkmargin/chain";
import {
  ClearingSession,
  clearingArtefacts,
  clearingAudit,
  clearingCircuit,
  houseLog,
  serialiseClearing,
  serialiseDisclosedBooks,
} from "zkmargin/clearing";
import { type Artefacts, ProvingSession } from "zkmargin/prove";
import { parseHistory } from "zkmargin/risk";
import { type ClearingCircuits, ClearingDemo } from "./clearingDemo.js";
import type { Audited, Ceremony } from "./clearingReport.js";
import * as report from "./clearingReport.js";
import { Story } from "./clearingStory.js";
import { Liquidators, THRESHOLD } from "./liquidators.js";
import type { Narrator, Performed } from "./narrator.js";

const PRICES = createRequire(import.meta.url).resolve("zkmargin/examples/prices/daily-close.csv");

/** 19 May 2021 in a clearing house: five members, no attester. */
export async function clearing(artefacts: Artefacts, narrator: Narrator): Promise<Performed> {
  const { say, chapter } = narrator;
  const history = parseHistory(readFileSync(PRICES, "utf8"));
  const circuits = await clearingKeys(dirname(artefacts.directory), narrator);
  say(report.keysText(circuits));
  const chain = await chapter("a local chain and its contracts", () =>
    ClearingDemo.startChain(artefacts, history),
  );
  const liquidators = new Liquidators(chain.connection.chainId, chain.anvil.url);
  const sessions = {
    margin: await ProvingSession.open(artefacts),
    transition: await ClearingSession.open(circuits.transition),
    reveal: await ClearingSession.open(circuits.reveal),
  };
  try {
    const start = performance.now();
    const key = await chapter("five liquidators make a key", () => liquidators.makeKey());
    const { messages } = liquidators;
    const ms = performance.now() - start;
    const ceremony: Ceremony = {
      ...{ members: key.members.length, threshold: key.threshold, messages, ms },
    };
    const demo = await chapter("the house", () =>
      ClearingDemo.open(chain, history, { circuits, provers: sessions }, key),
    );
    try {
      liquidators.serve(demo.opened.manifest);
      say(report.houseText(demo, ceremony));
      const story = new Story(demo, liquidators, key, sessions.reveal, circuits);
      return await play(story, narrator, ceremony, artefacts.verificationKey);
    } finally {
      demo.close();
    }
  } finally {
    liquidators.close();
    await Promise.all(Object.values(sessions).map((session) => session.close()));
    await chain.close();
  }
}

/** The circuits' keys: made once, which takes a while, and kept. */
async function clearingKeys(home: string, { chapter }: Narrator): Promise<ClearingCircuits> {
  const keysOf = (statement: "transition" | "reveal") =>
    chapter(`the circuit of a ${statement} and its keys`, (onShare) =>
      clearingArtefacts(home, clearingCircuit(statement, 16), ({ fraction = 0 }) => onShare(fraction)),
    );
  return { transition: await keysOf("transition"), reveal: await keysOf("reveal") };
}

async function play(
  story: Story,
  { say, chapter }: Narrator,
  ceremony: Ceremony,
  margin: Artefacts["verificationKey"],
): Promise<Performed> {
  const { demo } = story;
  const [silent, awake] = [["elm", "fir"] as const, ["alder", "birch", "cedar"] as const];
  await chapter("five accounts and their contributions", (onShare) => story.found(onShare));
  const trading = await chapter("deposits and hidden trades", (onShare) => story.trade(onShare));
  say(report.tradingText(trading));
  const fallen = await chapter("the fall", () => story.fall(awake, silent));
  say(report.fallText(fallen));

  for (const number of story.liquidators.awake.slice(THRESHOLD)) story.liquidators.silence(number);
  const first = await chapter("elm's book is opened", () => story.open("elm", 0));
  const second = await chapter("fir's book is opened", () => story.open("fir", THRESHOLD));
  const sold = await chapter("an auction in parts", () => story.auction("elm"));
  const paid = await chapter("the fund pays", () => story.settle("elm", "after elm's default"));
  say(report.defaultText(first, sold, paid, trading.cover));

  const prices = await chapter("four days without a bid", () => story.wait(awake));
  const absorbed = await chapter("a loss beyond the fund", () => story.settle("fir", "after fir's loss"));
  const torn = await chapter("assessments and a tear-up", () => story.tear("fir", awake));
  const ended = await story.settlement("fir", "at the end");
  const stands = await story.stands(awake);
  say(report.beyondText({ second, prices, absorbed, torn, ended, stands }));

  const { log, fund, audited } = await chapter("the audit", () => audit(story, margin));
  say(report.auditText(audited));
  const { opened, chain } = demo;
  return {
    told: {
      ...{ ceremony, trading, fallen, defaults: { elm: { opened: first, sold, paid } } },
      ...{ beyond: { opened: second, prices, absorbed, torn, ended, stands } },
      ...{ audited },
    },
    files: {
      "deployment.json": serialiseDeployment(chain.open.deployment),
      "clearing.json": serialiseClearing(opened.manifest),
      "house.ndjson": serialiseContractLog(log),
      "fund.ndjson": serialiseContractLog(fund),
      "members.cleared.json": serialiseDisclosedBooks(story.disclosed(awake)),
    },
    farewell: report.farewell,
  };
}

/** An auditor replays house and fund from the chain, with the books that three members disclose. */
async function audit(story: Story, margin: Artefacts["verificationKey"]) {
  const { demo } = story;
  const log = await readContracts(demo.chain.connection, houseLog(demo.opened));
  const disclosed = story.disclosed(["alder", "birch", "cedar"]);
  const { transition, reveal } = story.circuits;
  const keys = {
    key: transition.verificationKey,
    margin,
    reveal: reveal.verificationKey,
  };
  const house = replayContracts(log, clearingAudit({ ...keys, disclosed }));
  const { log: fund, result } = await story.fundReplay();
  const audited: Audited = { house, fund: result };
  return { log, fund, audited };
}
