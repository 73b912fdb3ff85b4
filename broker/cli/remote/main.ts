#!/usr/bin/env node
/** The commands of one's own machine alone: what `npm run command` makes one file of. */
import { Command } from "commander";
import manifest from "../../../package.json" with { type: "json" };
import { addCompletionCommand } from "../completion.ts";
import { explain } from "./explain.ts";
import { addRemoteCommands } from "./remote-commands.ts";

const program = new Command("sallyport")
  .description("Reach assets through a Sallyport broker, with the tools of this machine.")
  .version(manifest.version, "-v, --version", "print the version")
  .exitOverride();

addRemoteCommands(program, manifest.version);
addCompletionCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
