import { serialiseBundle } from "../../src/prove/bundle.js";
import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

/** The text of a bundle that verifies, with its market. */
export async function provenBundle(): Promise<string> {
  const session = await ProvingSession.open(await defaultArtefacts());
  try {
    const market = marketOn("2021-05-17");
    const opening = exampleBook("cash-and-carry");
    return serialiseBundle(
      await session.prove({
        opening,
        market,
        theta: 10_000,
        envelope: 100,
        healthy: true,
        includeMarket: true,
      }),
    );
  } finally {
    await session.close();
  }
}
