import type { Result } from "ethers";
import type { FindingCode } from "../../../../src/audit/findings.js";
import type { LineTerms } from "../../../../src/chain/generated/CreditRegistry.js";
import type { Recording } from "../recording.js";
import { uncounted } from "./tampering.js";

/** One way to alter the log of the credit lines, and the one kind of finding that it must come to. */
export interface CreditTampering {
  readonly code: FindingCode;
  readonly what: string;
  readonly tamper: (log: Recording) => unknown;
}

const STRANGER = `0x${"12".repeat(20)}`;
const DAY = 86_400n;

/** Other terms of a line than it was opened with. */
function withTerms(log: Recording, nth: number, change: (terms: LineTerms) => Partial<LineTerms>): void {
  log.edit("LineOpened", nth, ({ terms }) => {
    const { ...plain } = (terms as unknown as Result).toObject() as unknown as LineTerms;
    return { terms: { ...plain, ...change(plain) } };
  });
}

/** Only what was recorded before the first notice. */
function beforeNotice(log: Recording): void {
  log.blocks = log.blocks.slice(0, log.blocks.indexOf(log.find("NoticeGiven", 0).block));
}

/** Ways to alter what credit lines did. */
export const CREDIT_TAMPERINGS: readonly CreditTampering[] = [
  {
    code: "credit-uncovered",
    what: "a drawdown on a claim below the covenant's margin",
    tamper: (log) => {
      beforeNotice(log);
      const { credit } = log.constants;
      if (credit !== undefined) credit.covenantMargin = 12_000;
    },
  },
  {
    code: "credit-uncovered",
    what: "a claim that does not reach with the interest ahead",
    tamper: (log) => {
      beforeNotice(log);
      const { credit } = log.constants;
      if (credit !== undefined) credit.horizon = 5 * 31_536_000;
    },
  },
  {
    code: "credit-steps",
    what: "a line whose attester is none of the account",
    tamper: (log) => {
      log.blocks = log.blocks.slice(0, log.blocks.indexOf(log.find("Drawn", 0).block));
      withTerms(log, 1, () => ({ attester: STRANGER }));
    },
  },
  {
    code: "credit-steps",
    what: "a call before the end of the notice",
    tamper: (log) => withTerms(log, 0, () => ({ noticePeriod: 10n * DAY })),
  },
  {
    code: "credit-steps",
    what: "an impairment and a default too early",
    tamper: (log) => withTerms(log, 0, () => ({ impairPeriod: 5n * DAY, curePeriod: 5n * DAY })),
  },
  {
    code: "credit-steps",
    what: "a notice without a cause",
    tamper: (log) => {
      const drawn = log.find("Drawn", 1);
      log.blocks = log.blocks.slice(0, log.blocks.indexOf(drawn.block) + 1);
      uncounted(log);
      const { line = "" } = drawn.event;
      log.insert(drawn, { role: "creditLine", line, name: "NoticeGiven", fields: { bySteward: false } });
    },
  },
  {
    code: "credit-steps",
    what: "a notice withdrawn that there is none of",
    tamper: (log) => {
      const given = log.find("NoticeGiven", 0);
      log.blocks = log.blocks.slice(0, log.blocks.indexOf(given.block) + 1);
      uncounted(log);
      const { line = "" } = log.find("Drawn", 1).event;
      log.insert(given, { role: "creditLine", line, name: "NoticeWithdrawn", fields: {} });
    },
  },
  {
    code: "credit-accounts",
    what: "a smaller debt after a drawdown",
    tamper: (log) => log.edit("Drawn", 0, ({ debt }) => ({ debt: debt - 1n })),
  },
  {
    code: "credit-accounts",
    what: "interest of another rate",
    tamper: (log) => {
      uncounted(log);
      withTerms(log, 1, ({ kinkRate }) => ({ kinkRate: kinkRate + 10n }));
    },
  },
  {
    code: "credit-accounts",
    what: "a batch paid more than its shares are worth",
    tamper: (log) => {
      uncounted(log);
      log.edit("BatchPaid", -1, ({ assets }) => ({ assets: assets + 1n }));
    },
  },
  {
    code: "credit-accounts",
    what: "a batch given back of more shares than are in it",
    tamper: (log) => log.edit("BatchReturned", 0, ({ shares }) => ({ shares: shares + 1n })),
  },
  {
    code: "credit-accounts",
    what: "a batch given back that nobody hears of",
    tamper: (log) => {
      uncounted(log);
      log.remove("BatchReturned", 0);
    },
  },
  {
    code: "credit-accounts",
    what: "a claim of more than the lender's part",
    tamper: (log) => {
      uncounted(log);
      log.edit("ExitClaimed", 0, ({ assets }) => ({ assets: assets + 1n }));
    },
  },
  {
    code: "credit-accounts",
    what: "fewer tokens than the line owes its lenders",
    tamper: (log) => {
      const counted = log.blocks.at(-1)?.counts?.lines?.[0];
      if (counted !== undefined) counted.balance = "0";
    },
  },
  {
    code: "event-impossible",
    what: "an event of a line that was never opened",
    tamper: (log) => {
      uncounted(log);
      const fields = { owner: STRANGER, spender: STRANGER, value: 1n };
      log.insert(log.find("LineDefaulted", 0), {
        role: "creditLine",
        line: STRANGER,
        name: "Approval",
        fields,
      });
    },
  },
  {
    code: "log-incomplete",
    what: "a repayment that is left out",
    tamper: (log) => log.remove("DebtRepaid", -1),
  },
];
