/** The commands that look at past recordings: what another rule would have done, and what was needed. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { type LearnAsked, runLearn } from "./learn.ts";
import { addPastFlags, type PastAsked } from "./past-asked.ts";
import { runWhatIf, type WhatIfAsked } from "./what-if.ts";

interface PastFlags extends Omit<PastAsked, "profile" | "session"> {
  readonly ofProfile?: string;
}

export function addForesightCommands(program: Command, policy: Command): void {
  addPastFlags(
    policy
      .command("what-if")
      .description(
        "judge past operations by another plant file or other policies: 0 nothing differs, 3 something does",
      )
      .argument("[session...]", "ids of sessions; without them all that have ended")
      .option("--plant <file>", "the plant file to try, with its profiles")
      .option("--policies <folder>", "the folder of policies to try")
      .option("--json", "one line for programs", false),
  ).action(async (session: string[], flags: WhatIfAsked & PastFlags) => {
    const asked = { ...flags, ...pastOf(session, flags) };
    process.exitCode = await runWhatIf(readConfig(process.env), asked, process.stdout);
  });
  const profile = program.command("profile").description("work with profiles");
  addPastFlags(
    profile
      .command("learn")
      .description("print the narrowest profile that would have permitted what was done")
      .argument("[session...]", "ids of sessions; without them all that have ended")
      .option("--name <id>", "what the profile is called", "learned")
      .option("--margin <percent>", "how much wider than what was seen", "0%")
      .option("--out <file>", "also write the plant file with the profile in it"),
  ).action(async (session: string[], flags: LearnAsked & PastFlags) => {
    process.umask(0o077);
    const asked = { ...flags, ...pastOf(session, flags) };
    await runLearn(readConfig(process.env), asked, process.stdout);
  });
}

function pastOf(session: readonly string[], { ofProfile }: PastFlags): PastAsked {
  return {
    ...(ofProfile !== undefined && { profile: ofProfile }),
    ...(session.length > 0 && { session }),
  };
}
