#!/usr/bin/env node
/** The `sallyport` command. */
import { Command } from "commander";
import { ConfigInvalid, readConfig } from "../config.ts";
import { runBroker } from "../run.ts";
import { readVersion } from "../version.ts";
import { runPlantCheck } from "./plant-check.ts";
import { recover } from "./recover.ts";
import { settingsText } from "./settings-text.ts";

const EXIT_CONFIG = 2;
const EXIT_FAILED = 1;

const program = new Command("sallyport")
  .description(
    "Guarded passage into a plant: every operation decoded, decided, recorded, then done.",
  )
  .version(readVersion(), "-v, --version", "print the version")
  .helpOption("-h, --help", "print this help")
  .showHelpAfterError("Run `sallyport --help` for the commands.")
  .configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, "sallyport: ")),
  });

program
  .command("start")
  .description("start the broker; Ctrl-C stops it")
  .action(() => runBroker(process.env));

program
  .command("plant")
  .description("work with plant files")
  .command("check")
  .description("say all that is wrong with a plant file, before it counts")
  .argument("<file>", "the plant file")
  .action(async (file: string) => {
    process.exitCode = await runPlantCheck(file, process.stdout);
  });

program
  .command("recover")
  .description(
    "with the broker stopped: a one-time link for an administrator who lost all passkeys",
  )
  .argument("[email]", "whom to help; not needed where there is one administrator")
  .action(async (email: string | undefined) => {
    const link = await recover(readConfig(process.env), email);
    process.stdout.write(
      `${link.url}\n\nStart the broker, then open the link: it works once, until ` +
        `${new Date(link.expiresMs).toLocaleString()}.\nThis was noted as an alarm.\n`,
    );
  });

program
  .command("config")
  .description("print every setting, what it accepts and its default")
  .action(() => void process.stdout.write(settingsText()));

program
  .command("version")
  .description("print the version")
  .action(() => void process.stdout.write(`${readVersion()}\n`));

try {
  await program.parseAsync();
} catch (error) {
  const lines = error instanceof ConfigInvalid ? error.problems : [messageOf(error)];
  for (const line of lines) process.stderr.write(`sallyport: ${line}\n`);
  process.exitCode = error instanceof ConfigInvalid ? EXIT_CONFIG : EXIT_FAILED;
}

function messageOf(error: unknown): string {
  if (error instanceof Error && error.name === "StoreInUse") {
    return "the broker is running on this data folder: stop it first";
  }
  return (error instanceof Error ? error.message : String(error)).split("\n").join(" ");
}
