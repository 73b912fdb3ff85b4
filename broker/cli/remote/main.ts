#!/usr/bin/env node
/** The commands of one's own machine alone: what `npm run command` makes one file of. */
import { Command } from "commander";
import { addCompletionCommand } from "../completion.ts";
import { addApplyCommand } from "./apply-command.ts";
import { addRemoteEvidence } from "./evidence-command.ts";
import { explain } from "./explain.ts";
import { addRemoteCommands } from "./remote-commands.ts";

/** Written into the one file when it is made. */
const version = process.env.SALLYPORT_COMMAND_VERSION ?? "not built";

const program = new Command("sallyport")
  .description("Reach assets through a Sallyport broker, with the tools of this machine.")
  .version(version, "-v, --version", "print the version")
  .exitOverride();

addRemoteCommands(program, version);
addApplyCommand(program);
addRemoteEvidence(program, version);
addCompletionCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
