/** Adds `sallyport doctor` to the command. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { doctorText, examine } from "./doctor.ts";
import { brokerHere } from "./doctor-standby.ts";

/** Something is wrong that keeps the broker, or a promise of it, from working. */
const EXIT_FAILED = 1;

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("look at everything that a start and a quiet night depend on; changes nothing")
    .option("--reach", "also connect to every endpoint of the plant file, sending nothing", false)
    .option("--json", "for machines", false)
    .action(async ({ reach, json }: { readonly reach: boolean; readonly json: boolean }) => {
      const found = await examine(readConfig(process.env), reach);
      process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : doctorText(found));
      if (found.some(({ state }) => state === "failed")) process.exitCode = EXIT_FAILED;
    });
  program
    .command("ready")
    .description("for probes: 0 while the broker on this machine lets people in")
    .action(async () => {
      const { letsIn, text } = await brokerHere(readConfig(process.env));
      process.stdout.write(`${text}\n`);
      if (!letsIn) process.exitCode = EXIT_FAILED;
    });
}
