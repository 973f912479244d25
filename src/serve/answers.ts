import { STAGE_NAMES } from "../chain/generated/enums.js";
import { GATE_LAPSES } from "../protocol/lapse.js";
import { STATUS_NAMES } from "../protocol/status.js";
import { SEVERITIES } from "./alertRules.js";
import { ESTATE_STAGES } from "./apiTypes.js";

/**
 * The answers of the service as JSON Schema: what OpenAPI documents, and what is written. An answer has the fields of its schema and no
 * others, whatever the code hands over.
 */

type Schema = Readonly<Record<string, unknown>>;

const integer = (description: string): Schema => ({ type: "integer", description });
const number = (description: string): Schema => ({ type: "number", description });
const text = (description: string): Schema => ({ type: "string", description });
const truth = (description: string): Schema => ({ type: "boolean", description });
const list = (items: Schema): Schema => ({ type: "array", items });
const maybe = (schema: Schema): Schema => ({ ...schema, nullable: true });
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});

const status: Schema = { type: "string", enum: [...STATUS_NAMES], description: "As the gate answers." };
const TIME = "Unix seconds.";
const BPS = "Basis points.";

const claim = object({
  round: integer("Round that it is proven at."),
  time: integer(`Of that round. ${TIME}`),
  sequence: integer("Of the proven book."),
  epoch: integer("Of the risk profile."),
  theta: integer(`Health factor that is exceeded. ${BPS}`),
  envelope: integer(`Moves of the market within which it holds. ${BPS}`),
  envelopeLeft: integer(`Share of the envelope that is left. ${BPS}`),
  ageLeft: integer(`Share of the greatest age that is left, at the newest block. ${BPS}`),
  endsAt: integer(`Last second of its greatest age. ${TIME}`),
  sleeve: maybe(
    object({ bandLeft: integer(`Share of the sleeve's band that is left. ${BPS}`), until: integer(TIME) }),
  ),
});

const account = object({
  account: text("32 bytes, hex."),
  owner: text("Address."),
  name: maybe(text("The operator's own name for it.")),
  status,
  deadline: maybe(integer(`Last second before it is liquidatable. ${TIME}`)),
  lapse: maybe(object({ at: integer(TIME), cause: maybe({ type: "string", enum: [...GATE_LAPSES, null] }) })),
  isolated: truth("Whether its margin is isolated."),
  cleared: maybe(
    object({
      stage: { type: "string", enum: [...STAGE_NAMES], description: "How far a default of it has come." },
      current: truth("Whether its book has all tear-ups, and its cap is proven."),
    }),
  ),
  book: maybe(
    object({
      sequence: integer("Number of the attested book."),
      commitment: text("Field element, decimal."),
      asOf: integer(TIME),
      endsAt: integer(`When it expires or is too old for the profile. ${TIME}`),
      brokenAt: maybe(integer(`When it lost too many signers. ${TIME}`)),
      sleeve: maybe(object({ band: integer(BPS), until: integer(TIME), voidedAt: maybe(integer(TIME)) })),
    }),
  ),
  claim: maybe(claim),
  breachRound: maybe(integer("Round of a proof that it is not above 1, or of a recorded default.")),
  callRound: maybe(integer("Round of a proof that it is not above the call margin.")),
  callTheta: maybe(integer(`Health factor that lifts the call. ${BPS}`)),
  supports: list(
    object({
      support: text("Cents: positive for dollars added, negative for dollars taken."),
      theta: integer(BPS),
      round: integer("Round that it is proven at."),
    }),
  ),
});

const AS_OF = {
  block: maybe(integer("Newest block that was read.")),
  time: integer(`The chain's time now. ${TIME}`),
  age: maybe(integer("Seconds since the chain was last read. More than a few: a node is away.")),
};

const round = object({
  number: integer("From 1."),
  epoch: integer("Of the risk profile."),
  time: integer(TIME),
  odometer: text("Reading, units of 10^-8."),
  sleeveOdometer: text("Reading for sleeves, units of 10^-8."),
  moved: maybe(text("Since the round before, units of 10^-8.")),
  prices: list(
    object({
      asset: text("Symbol."),
      low: text("Dollars a unit."),
      high: text("Dollars a unit."),
      average: text("Time-weighted over the TWAP window, of the midpoints of rounds. Dollars a unit."),
      funding: text("Cumulative, dollars a unit."),
    }),
  ),
});

const event = object({
  id: text("Block and place in it."),
  block: integer("Number."),
  time: maybe(integer(`Of the block at which it was seen. ${TIME}`)),
  event: text("Name in the contract."),
  contract: text("Role of the contract."),
  account: maybe(text("32 bytes, hex.")),
  fields: { type: "object", additionalProperties: true, description: "The event's own fields." },
});

const estate = object({
  account: text("32 bytes, hex."),
  stage: { type: "string", enum: [...ESTATE_STAGES], description: "How far it has come." },
  startedAt: integer(TIME),
  until: maybe(integer(`Last second for a reveal, of the auction, or for assessments. ${TIME}`)),
  owed: text("What members still owe of assessments for it. Dollars."),
  left: integer("Hundredths that are not sold."),
  auction: maybe(
    object({
      from: integer(`When the price began to fall. ${TIME}`),
      period: integer("Seconds until it is at its last."),
      first: text("Dollars for all that is left, at the start."),
      last: text("Dollars, at the end. Negative where the buyer is paid."),
      price: text("Dollars, now."),
    }),
  ),
});

const clearing = object({
  house: text("Address."),
  defaultFund: text("Address."),
  symbol: text("Of the settlement token."),
  state: { type: "string", enum: ["open", "closed", "ended"], description: "Of its market." },
  until: maybe(integer(`When anybody may end a closed market, or the last second for claims. ${TIME}`)),
  fund: text("Dollars in the default fund."),
  contributions: text("Dollars of its members."),
  capital: text("Dollars of the house."),
  required: text("Dollars that the caps ask of it."),
  remembered: text("Dollars that must be left after a withdrawal."),
  covered: truth("Whether the fund holds what is required."),
  ratio: maybe(integer(`The fund, of what is required. Null if nothing is. ${BPS}`)),
  cover: list(
    object({ group: text("Name."), cap: text("Dollars that its accounts may lose under stress.") }),
  ),
  members: list(
    object({
      member: text("Address."),
      name: maybe(text("The operator's own name for it.")),
      group: integer("Number; 0 once it has left."),
      caps: text("Dollars, of its accounts together."),
      contribution: text("Dollars."),
      owed: text("Dollars, by assessments."),
      requested: text("Dollars that it has asked back."),
    }),
  ),
  caps: integer("Accounts with a cap."),
  lapsed: list(
    object({
      account: text("32 bytes, hex."),
      owner: text("Address."),
      cap: text("Dollars. It counts on."),
      recordedAt: maybe(integer(`When the lapse was put on record. ${TIME}`)),
      overdueFrom: maybe(integer(`When its grace is over, in a market that is live. ${TIME}`)),
      overdue: truth("Whether anybody may start the account's default."),
    }),
  ),
  defaults: list(estate),
});

export const ANSWERS = {
  health: object({ status: text("ok while the process answers.") }),
  ready: object({ ready: truth("Whether the chain was read lately."), reasons: list(text("Why not.")) }),
  market: object(
    {
      ...AS_OF,
      chainId: text("Decimal."),
      gate: text("Address."),
      version: integer("What /v1/accounts?since= continues from."),
      state: text("usable, or why no proof can be made."),
      epoch: integer("Of the risk profile; 0 before it is read."),
      round: maybe(round),
      terms: maybe(
        object({
          maxProofAge: integer("Seconds."),
          gracePeriod: integer("Seconds."),
          callPeriod: integer("Seconds."),
          maxRoundAge: integer("Seconds."),
          provingWindow: integer("Seconds."),
          twapWindow: integer("Seconds."),
        }),
      ),
      accounts: object(Object.fromEntries(STATUS_NAMES.map((name) => [name, integer("Accounts.")]))),
      sources: list(object({ source: text("Asset or use."), fault: maybe(text("Why it refuses.")) })),
      failure: maybe(text("Why the last look failed.")),
      clockAhead: maybe(integer("Seconds that this machine's clock is ahead of the chain's.")),
      senders: list(
        object({
          address: text("Address."),
          balance: text("Wei."),
          submissions: maybe(text("That it pays for at the present fee.")),
        }),
      ),
      queue: maybe(
        object({
          answers: truth("Whether its database answers."),
          waiting: integer("Jobs."),
          active: integer("Jobs."),
          failed: integer("Jobs."),
          ready: integer("Proofs to be submitted."),
          keeper: truth("Whether a keeper has it."),
        }),
      ),
      insurance: list(
        object({ creditor: text("Address."), amount: text("Settlement units."), symbol: text("Token.") }),
      ),
      own: truth("Whether this service has an institution's own books, for the holder of its token."),
      clearing,
    },
    ["clearing"],
  ),
  accounts: object({
    ...AS_OF,
    version: integer("Give it as ?since= for what changes after it."),
    more: truth("Whether there are accounts after the last of these."),
    accounts: list(account),
  }),
  account,
  rounds: object({ ...AS_OF, rounds: list(round) }),
  events: object({ ...AS_OF, events: list(event) }),
  auctions: object({
    ...AS_OF,
    auctions: list(
      object({
        account: text("32 bytes, hex."),
        token: text("Address."),
        symbol: text("Of the token."),
        settlement: text("Symbol of what is paid."),
        keeper: text("Address of who started it."),
        startedAt: integer(TIME),
        startBlock: integer("Number."),
        offered: text("Units of the token."),
        left: text("Units of the token."),
        startCost: text("For all that was offered, at the start."),
        price: text("For all that is left, now."),
        factor: integer(`The price now, of the start's. ${BPS}`),
        due: text("To be raised by the account's auctions together."),
        terms: object({
          auctionPeriod: integer("Seconds."),
          floor: integer(BPS),
          blockTime: integer("Seconds."),
        }),
      }),
    ),
  }),
  alerts: object({
    ...AS_OF,
    alerts: list(
      object({
        rule: text("Name."),
        severity: { type: "string", enum: [...SEVERITIES] },
        subject: text("Account, source or part."),
        detail: maybe(text("Figures.")),
        since: number("Unix milliseconds."),
        says: text("What it means."),
        todo: text("What to do."),
      }),
    ),
  }),
  own: object({
    ...AS_OF,
    accounts: list(
      object({
        account: text("32 bytes, hex."),
        sequence: integer("Of the attested book."),
        round: integer("Round of the prices."),
        healthFactor: maybe(integer(`Private. Null is infinite. ${BPS}`)),
        healthy: truth("Private. Whether it can be proven above 1."),
        largestTheta: integer(`Private. ${BPS}`),
        largestEnvelope: maybe(integer(`Private. ${BPS}`)),
      }),
    ),
  }),
  error: object({ error: object({ name: text("Kind."), message: text("Words.") }) }),
} as const;
