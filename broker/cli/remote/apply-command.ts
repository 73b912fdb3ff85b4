import type { Command } from "commander";
import { type ApplyAsked, applyPlant } from "./apply.ts";
import { Home } from "./home.ts";
import { terminal } from "./output.ts";
import { connected, examples, remote } from "./remote-commands.ts";

/** `sallyport apply` */
export function addApplyCommand(program: Command): void {
  remote(program.command("apply"), "put a plant file in force: shown first, signed in the browser")
    .requiredOption("-f, --file <file>", "the plant file; - for standard input")
    .option("--reason <text>", "why, for the history and the site log", "")
    .option("--yes", "do not ask before asking for the signature")
    .option("--dry-run", "only show what it would change")
    .addHelpText(
      "after",
      examples(
        "sallyport apply -f plant.yaml --dry-run",
        'sallyport apply -f plant.yaml --reason "Pump P102 was added"',
      ),
    )
    .action(async (flags: ApplyAsked) => {
      process.exitCode = await applyPlant(
        connected(new Home(process.env), flags).client,
        flags,
        terminal,
      );
    });
}
