/** How bad a finding is, worst first. From `high` on, `zkmargin audit replay` ends with exit code 9. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
/** One of SEVERITIES. */
export type Severity = (typeof SEVERITIES)[number];

/** What a kind of finding says, whatever its place. */
export interface FindingKind {
  readonly severity: Severity;
  /** One sentence: what does not fit. */
  readonly says: string;
}

const critical = (says: string): FindingKind => ({ severity: "critical", says });
const high = (says: string): FindingKind => ({ severity: "high", says });
const medium = (says: string): FindingKind => ({ severity: "medium", says });
const low = (says: string): FindingKind => ({ severity: "low", says });

/**
 * Every kind of finding, by code. Critical: something was accepted that must not be, or the record was altered. High: a
 * rule was broken, or something that was relied on cannot be what it seems. Medium: it could not be checked, or it was
 * accepted and then of no use. Low: unusual, and allowed.
 */
export const FINDINGS = {
  // the record itself
  "log-altered": critical("The log's text is not the one its digest was taken of."),
  "log-truncated": high("The log ends before its last line, so nobody knows what follows."),
  "log-incomplete": high("The chain counts more at its last block than the log's events come to."),
  "block-chain-broken": critical(
    "A block does not follow the one before: its parent, number or time is another.",
  ),
  "event-order": critical("An event stands twice, or before one that comes after it."),
  "event-impossible": critical(
    "The contracts cannot have emitted this event in the state that the others lead to.",
  ),
  "event-missing": critical("An event is not there that the contracts emit together with another."),

  // keys and code
  "key-mismatch": critical("The chain verifies under another key than the pinned one."),
  "key-unsound": critical(
    "The key is one that anybody can forge under: no contribution, γ = δ, or δ the generator.",
  ),
  "development-key": critical(
    "A development key stands on a chain that is not local: anybody can forge proofs.",
  ),
  "code-mismatch": critical(
    "The code of a contract is not that of this package, or that of a source not the manifest's.",
  ),
  "tie-mismatch": critical(
    "A contract names another profile, ledger, registry, table, gate, authority or listing than the manifest.",
  ),

  // governance
  "governance-undelayed": critical(
    "Something restricted was done by nobody with the role for it, or without having waited for its delay.",
  ),
  "governance-rules": critical(
    "A governing account has no delay, or a restricted function belongs to another role.",
  ),
  "vote-rules": critical(
    "A proposal, a ballot or an outcome of a DAO is not by its governor's rules: id, times, weight, quorum or order.",
  ),
  "dao-unvoted": critical(
    "A DAO's timelock did, or its governor changed, what no vote had passed and waited for.",
  ),
  "dao-roles": critical("Somebody has a role in a DAO's timelock whom the deployment did not give it."),
  "delay-shortened": low("A governing account has a shorter delay than at the handover."),
  "sources-mismatch": critical("The ledger was made with other sources than the manifest's."),
  "sources-changed": low("Governance has replaced the ledger's sources since the manifest was written."),

  // the risk profile
  "epoch-gap": critical("Epochs do not follow each other by one."),
  "profile-fold": critical("The profile's folded point is not that of its parameters."),
  "profile-bounds": critical("A parameter of the profile is outside its hard bounds."),
  "profile-loosened": critical(
    "What was called a tightening loosens a parameter, or an expiry took another profile.",
  ),
  "tightening-unbounded": critical("A tightening went further than one may, or followed another too soon."),
  "loosening-undelayed": critical("The profile was set without having waited for its delay."),

  // rounds
  "round-gap": critical("Rounds do not follow each other by one."),
  "round-time": critical("A round's time is not that of its block."),
  "round-epoch": critical("A round was folded with an epoch that was not the live one."),
  "round-too-soon": high(
    "A round came too soon after another: before the least time between two, or before the market had moved.",
  ),
  "round-prices": critical("A round's prices are out of bounds, or crossed."),
  "round-average": critical(
    "A round's low and high are not those of any spot price and the average over time.",
  ),
  "round-feeds": critical("A round is not what its feeds said in its block."),
  "median-check": low(
    "When a round was committed, a pool's average disagreed with a median of several sources, or was not to be had.",
  ),
  "median-silent": low("When a round was committed, a source of a median did not answer."),
  "median-rule": critical(
    "A median of several sources, or what it kept or said of them, is not what its rule makes of their answers.",
  ),
  "median-unseen": medium(
    "What the sources of a median said is not in the record, so it could not be checked.",
  ),
  "round-fold": critical("A round's folded point is not that of its prices and profile."),
  "round-odometer": critical("The odometer did not move by the round's largest relative move."),

  // books and attesters
  "attestation-forged": critical("A signature under a book is not that of the attester it is given for."),
  "attestation-stranger": critical("A book was signed by somebody who was not an attester of its account."),
  "attestation-too-few": critical("A book was accepted with fewer signatures than its account's threshold."),
  "attestation-unseen": medium("A book's signatures are not in the record, so they could not be checked."),
  "sequence-gap": low("An account's books skip a sequence number: a book was made that was never attested."),
  "sequence-repeated": critical("A book's sequence is not newer than the one before."),
  "book-times": critical("A book's times are out of bounds: from the future, expired, or living too long."),
  "commitment-reused": critical("An attester's signature counted twice for the same commitment."),
  "rotation-undelayed": critical("Other attesters took effect before their delay had passed."),

  // sleeves
  "sleeve-terms": critical(
    "A sleeve was attested outside its bounds, voided by a stranger, or proven though it is void, of another ledger or of no book.",
  ),
  "sleeve-outside-band": critical("A sleeve was proven at a round outside its band."),
  "sleeve-ended": critical("A sleeve was proven after its end."),
  "sleeve-shocks": critical("A sleeve was proven under other shocks than it was made for."),
  "sleeve-kind": critical(
    "A number of a disclosed sleeve is kinder to the account than its positions and prices give.",
  ),
  "sleeve-detail": critical(
    "The disclosed sources of a sleeve do not hash to the detail that its commitment holds.",
  ),
  "sleeve-sources": high(
    "A disclosed sleeve is not of its positions, or not of the round and the terms that were attested.",
  ),
  "sleeve-unseen": medium("A disclosed sleeve comes without its sources, so it could not be computed again."),

  // a clearing house
  "clearing-health": critical(
    "A cleared book changed, or a cap was set, without the claims of health that it needs at both gates.",
  ),
  "clearing-due": critical(
    "A default began of an account that was neither liquidatable nor behind with its cap.",
  ),
  "clearing-words": critical(
    "A change of a cleared book is of another place, key, listing, sequence, deadline or commitment than the house's.",
  ),
  "clearing-note": critical("A note is not used by exactly two cleared books, on opposite sides."),
  "clearing-delta": critical("A cleared book gained or lost what no payment, note or estate explains."),
  "clearing-torn": critical(
    "A cleared book did not close the torn-up lines at their prices, or closed others.",
  ),
  "clearing-frozen": critical("A cleared book changed after a default had frozen it."),
  "clearing-payment": critical("A house paid what was not asked for, or before it was due."),
  "clearing-prices": critical(
    "A book that reduces was held to other prices than a usable round's, or an estate to a stale one's.",
  ),
  "clearing-estate": critical(
    "An estate is not the frozen book, its tear-ups and what its owner had asked for.",
  ),
  "clearing-auction": critical(
    "Parts of an estate were sold below their price, too late, or above another floor than the fund could pay.",
  ),
  "clearing-settlement": critical(
    "A settlement's deficit, cut of payments, tear-up prices or remainder is not that of its estate.",
  ),
  "clearing-end": critical(
    "A market was closed, ended or divided otherwise than by its rules, or traded in when it was closed.",
  ),
  "clearing-owed": critical(
    "A cleared book changed, or a payment was made, while its owner owed the fund an assessment.",
  ),
  "clearing-sum": critical(
    "All disclosed books together are not what the house holds, or their positions do not add up to nothing.",
  ),
  "clearing-opening": high("A disclosed cleared book does not follow from the one before and its notes."),
  "clearing-unopened": medium("A cleared book was changed within a disclosure that does not open it."),

  // proofs
  "proof-invalid": critical("A proof was accepted that is not valid for its book, claim and round."),
  "proof-unseen": medium("An accepted proof is not in the record, so it could not be verified."),
  "proof-claim": critical("The proof in the call is of another account, round or claim than was recorded."),
  "proof-round": critical(
    "A proof was accepted at a round that was not usable: unknown, too old, or of a dead epoch.",
  ),
  "proof-book": critical("A proof was accepted of a book that was not its account's newest."),
  "proof-dead-book": critical(
    "A proof of health was accepted of a book that had expired or lost its signers.",
  ),
  "proof-terms": critical("A claim was accepted that the gate's terms refuse."),
  "proof-order": critical("A proof was accepted that is older or no stronger than the one on record."),
  "proof-outside-envelope": medium(
    "A proof of health was accepted when the market had already left its envelope.",
  ),
  "denial-stranger": critical("A proof of ill health was accepted from somebody who is no attester."),

  // status, releases and liquidations
  "status-not-lapsed": critical(
    "The gate calls an account healthier than it is: its proof should have lapsed.",
  ),
  "status-mismatch": critical("The gate calls an account worse than it is, or gives it another deadline."),
  "record-mismatch": critical(
    "A lapse or default was recorded that was none, or of another time. Or contracts answer otherwise than their events come to.",
  ),
  "release-unhealthy": critical(
    "Something was released, or lent, while the account was not proven at initial margin.",
  ),
  "release-old-book": critical(
    "Something was released on a book that is older than its request, or than a sale of collateral.",
  ),
  "liquidation-unfounded": critical("Collateral was put up or sold of an account that was not liquidatable."),
  "liquidation-sale": critical(
    "A liquidation through pools does not add up: what the vault sold and was paid, what the pools took and gave, the profit.",
  ),
  "vault-accounts": critical("The vault's amounts do not add up."),

  // the default fund
  "fund-uncovered": critical("A cap rose although the default fund did not cover all caps after it."),
  "fund-caps": critical(
    "A cap is beside the grid or a stranger's, or the caps of a group, or of all, have another sum.",
  ),
  "fund-liability": critical(
    "A contribution was paid out that was liable or needed, or counts for other defaults than it may.",
  ),
  "fund-waterfall": critical("A loss took other money than the waterfall gives, or in another order."),
  "fund-assessment": critical("An assessment, its payment or its collection is not the one that was called."),
  "fund-answers": critical("The default fund answers otherwise than its events come to."),

  // collateral on another chain
  "remote-lock": critical(
    "A lock on another chain was credited or declined twice, or otherwise than its message says.",
  ),
  "remote-unproven": critical("A message of another chain was acted on that its source had not verified."),
  "remote-unseen": medium("A lock was credited or declined by a call that is not in the log."),
  "remote-cap": critical(
    "Claims on another chain's collateral went beyond their cap, or the guardian raised it.",
  ),
  "remote-claims": critical(
    "Claims on another chain's collateral do not add up, or moved to somebody beside the vault.",
  ),
  "remote-release": critical(
    "A lock was told to pay out what no claim ended for, more than it has, or in another message.",
  ),
  "remote-report": critical("A lock's report was taken that is not newer, or leaves out a credited lock."),
  "lock-rules": critical(
    "A lock on another chain paid out twice, more than it had or without tokens for it, or told something else than it did.",
  ),
  "lock-home": critical(
    "A lock on another chain and its home differ: home used what was never locked, the lock paid out what home never told it, or a message came that the other never sent.",
  ),

  // credit lines
  "credit-uncovered": critical(
    "An account drew from a credit line, or took something out, without a claim of its newest book that covers what it owes.",
  ),
  "credit-steps": critical(
    "A credit line lent while it was late, or was called, impaired or defaulted too early or without a cause.",
  ),
  "credit-accounts": critical("The amounts of a credit line do not add up."),

  // disclosed openings
  "opening-commitment": critical(
    "A disclosed book and salt do not hash to the commitment that was attested.",
  ),
  "opening-contradiction": critical(
    "Two openings of one commitment, or of one account and sequence, contradict each other.",
  ),
  "opening-bounds": high(
    "A disclosed book is not one that can be proven: a number out of bounds, or not isolated.",
  ),
  "opening-unknown": medium(
    "An opening or a scope is of an account, or of a sequence of it, that the chain does not know.",
  ),
  "opening-epoch": low("An opening names another profile epoch than the one it was attested in."),
  "opening-gap": high("A book was attested within the scope of a disclosure that does not open it."),
  "opening-ambiguous": high(
    "A disclosure does not say whose account it is of, and of two of that name it opens only one's book.",
  ),
  "opening-verdict": critical("A proof was accepted that the disclosed book makes untrue."),
} as const satisfies Readonly<Record<string, FindingKind>>;

/** The code of a finding of an audit: a key of FINDINGS. */
export type FindingCode = keyof typeof FINDINGS;

/** Every code, in the order of the table. */
export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[];

/** Whether an audit with a finding of this severity has failed. */
export function isSerious(severity: Severity): boolean {
  return severity === "critical" || severity === "high";
}
