import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "./desk.js";

// Run as a process of its own: makes one proof and comes to its end, without process.exit.
const session = await ProvingSession.open(await defaultArtefacts());
await session.prove({
  opening: exampleBook("cash-and-carry"),
  market: marketOn("2021-05-17"),
  theta: 10_000,
});
process.stdout.write("proven\n");
if (process.argv[2] === "close") await session.close();
