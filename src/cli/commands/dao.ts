import { Command, Option } from "commander";
import { CHOICES, type Choice, DaoMember, voteProgress } from "../../chain/dao.js";
import type { OpenMarket } from "../../chain/deployment.js";
import { checkedVote, type DaoVote } from "../../chain/proposal/daoVote.js";
import { parseProposal } from "../../chain/proposal/parse.js";
import { proposalProgress } from "../../chain/proposal/progress.js";
import { MissingFieldError } from "../../errors.js";
import { json } from "../format.js";
import { type Io, readInput } from "../io.js";
import { addressArgument, KEY_HELP, onMarket, sender, withMarket, withSender } from "../onChain.js";
import { voteText } from "./riskReview.js";

const EXIT_CODES = `
Exit codes: 0 done, or done before; 2 and 3 wrong options or file; 6 the proposal is not what it says. 8 the vote is not as far,
another deployment, chain, key or node.`;

/** `zkmargin dao`: a DAO governs a deployment. */
export function daoCommand(io: Io): Command {
  return new Command("dao")
    .description("Take a proposal through a deployment's DAO: propose, vote, queue and execute it.")
    .addCommand(delegateCommand(io))
    .addCommand(
      step(
        io,
        "propose",
        "Propose it to the DAO. The sender is the proposer whom the file names.",
        (member, vote) => member.propose(vote).then(() => `vote ${vote.proposalId} is proposed`),
      ),
    )
    .addCommand(voteCommand(io))
    .addCommand(
      step(io, "queue", "Queue what has passed in the DAO's timelock. Anybody may.", (member, vote) =>
        member.queue(vote).then(() => `vote ${vote.proposalId} is queued`),
      ),
    )
    .addCommand(
      step(
        io,
        "execute",
        "Execute what can be executed now: what passed, and each step whose delays are over. Anybody may.",
        async (member, vote) => {
          const done = await member.execute(vote);
          if (done.length === 0) return "nothing can be executed yet";
          return done.map((n) => (n === 0 ? "what passed is executed" : `step ${n} is executed`)).join("; ");
        },
      ),
    )
    .addHelpText(
      "after",
      `
A proposal of zkmargin risk propose --governor is a vote. Before each command the whole file is reviewed, as by zkmargin risk review.

Examples:
  $ zkmargin dao propose proposal.json --keystore proposer.json
  $ zkmargin dao vote proposal.json --choice for --keystore holder.json
  $ zkmargin dao queue proposal.json --keystore keeper.json
  $ zkmargin dao execute proposal.json --keystore keeper.json
${EXIT_CODES}`,
    );
}

function delegateCommand(io: Io): Command {
  const command = new Command("delegate").description(
    "Delegate the sender's votes, to itself or to another. Without it a balance has none.",
  );
  return withSender(withMarket(command))
    .argument("<address>", "who votes with them", addressArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin dao delegate 0x… --keystore holder.json
${EXIT_CODES}`,
    )
    .action((to: string, options) =>
      onMarket(io, options, async (open) => {
        const member = new DaoMember(open, await sender(io, open.connection, options, options.deployment));
        await member.delegate(to);
        io.out(options.json ? json({ to }) : `the votes are delegated to ${to}\n`);
      }),
    );
}

function voteCommand(io: Io): Command {
  return step(
    io,
    "vote",
    "Vote, with the sender's votes at the moment that the vote began.",
    (member, vote, { choice = "for" }) =>
      member.vote(vote, choice).then(() => `voted ${choice} on ${vote.proposalId}`),
    " --choice for",
  ).addOption(new Option("--choice <words>", "how to vote").choices([...CHOICES]).makeOptionMandatory());
}

/** A command that reviews a proposal and takes its vote a step further. */
function step(
  io: Io,
  name: string,
  what: string,
  act: (member: DaoMember, vote: DaoVote, options: { readonly choice?: Choice }) => Promise<string>,
  example = "",
): Command {
  return withSender(withMarket(new Command(name).description(what)))
    .argument("<proposal>", "proposal file (zkmargin risk propose --governor), or - for standard input")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin dao ${name} proposal.json${example} --keystore holder.json
${EXIT_CODES}`,
    )
    .action((path: string, options) =>
      onMarket(io, options, async (open) => {
        const vote = await reviewed(io, open, path);
        const member = new DaoMember(open, await sender(io, open.connection, options, options.deployment));
        const words = await act(member, vote, options);
        const progress = await voteProgress(open, vote);
        io.out(
          options.json
            ? json({ proposalId: vote.proposalId, ...progress })
            : `${words}\n  ${voteText(progress)}\n`,
        );
      }),
    );
}

/** The vote of a proposal that is what it says, and of this deployment. */
async function reviewed(io: Io, open: OpenMarket, path: string): Promise<DaoVote> {
  const proposal = parseProposal(await readInput(io, path, "proposal"));
  const vote = checkedVote(proposal, "proposal");
  if (vote === undefined)
    throw new MissingFieldError("proposal.dao", "a vote (zkmargin risk propose --governor)", "none");
  await proposalProgress(open, proposal);
  return vote;
}
