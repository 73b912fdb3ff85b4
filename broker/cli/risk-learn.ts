/** `sallyport risk learn`: what was usual in chosen recordings, for a person to read and approve. */
import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { SiteTime } from "../access/site-time.ts";
import { type Config, readConfig } from "../config.ts";
import { indexOf } from "../plant/plant-index.ts";
import { proposeBaseline } from "../risk/baseline-book.ts";
import { countPast } from "../risk/count-past.ts";
import { noteReading } from "./note-on-host.ts";
import {
  addPastFlags,
  type PastAsked,
  PastAskedWrongly,
  pastAsked,
  plantFileOf,
  plantIn,
  sessionsOf,
} from "./past-asked.ts";
import type { TextOutput } from "./plant-check.ts";

interface LearnRisk extends PastAsked {
  readonly out?: string | undefined;
  readonly propose?: boolean | undefined;
}

export function addRiskCommands(program: Command): void {
  const risk = program.command("risk").description("what is usual, and what is not");
  addPastFlags(
    risk
      .command("learn")
      .description("count what was usual in recordings; put in force by SALLYPORT_RISK_BASELINE")
      .argument("[session...]", "ids of sessions; without them all that have ended")
      .option("--out <file>", "write it there instead of printing it")
      .option("--propose", "let it wait on Integrations for an administrator's approval"),
  ).action(async (session: string[], flags: LearnRisk & { readonly ofProfile?: string }) => {
    process.umask(0o077);
    const { ofProfile: profile, ...rest } = flags;
    const asked = { ...rest, ...(profile && { profile }), ...(session.length > 0 && { session }) };
    await runRiskLearn(readConfig(process.env), asked, process.stdout);
  });
}

/** @throws PastAskedWrongly, PastUnreadable */
export async function runRiskLearn(
  config: Config,
  asked: LearnRisk,
  out: TextOutput,
): Promise<void> {
  const { plant } = await plantIn(plantFileOf(config));
  const past = await pastAsked(config, asked);
  if (past.length === 0) {
    throw new PastAskedWrongly("no recording that has ended is meant by this");
  }
  await noteReading(config, "risk learn", sessionsOf(past));
  const siteTime = new SiteTime();
  const hourAt = (ms: number, asset: string) =>
    siteTime.at(indexOf(plant).siteOfAsset(asset).timeZone, ms).hour;
  const text = `${JSON.stringify(await countPast(past, plant, hourAt), null, 2)}\n`;
  if (asked.propose) {
    const file = proposeBaseline(config.dataFolder, text);
    out.write(`${file} waits for an administrator: Integrations, "What is usual"\n`);
  } else if (asked.out === undefined) out.write(text);
  else writeFileSync(asked.out, text, { mode: 0o600 });
}
