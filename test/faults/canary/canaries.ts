import { deriveSalt, parseSecret } from "../../../src/book/salt.js";
import { SECRET } from "../../cli/support.js";

/** A book of which every number is so long that nothing else holds one by chance. */
export const CANARY_CSV = `asset,spot,perp,entry price,entry funding
USDC,7310042.135791,,,
LINK,0,-48151.62342,31.41592653,0.27182818
`;
export const CANARY_BOOK = JSON.stringify({
  ...{ format: "zkmargin/book@2", account: "canary", sequence: 3, isolated: false },
  positions: [
    { asset: "USDC", spot: "7310042.135791", perp: "0" },
    { asset: "LINK", spot: "0", perp: "-48151.62342", entryPrice: "31.41592653", entryFunding: "0.27182818" },
  ],
});

/** The amounts as people and as circuits write them, and what opens the commitment. */
export const CANARIES: readonly string[] = [
  ...["7310042.135791", "7310042135791", "48151.62342", "4815162342", "31.41592653", "0.27182818"],
  ...[SECRET, String(deriveSalt(parseSecret(SECRET), "canary", 3))],
];

/** Which canaries a text holds. */
export function canariesIn(text: string): string[] {
  return CANARIES.filter((canary) => text.includes(canary));
}
