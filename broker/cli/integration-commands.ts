/** `sallyport integrations …`, as the command line takes it. */
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import { checkIntegrations, testIntegration } from "./integrations.ts";

export function addIntegrationCommands(program: Command): void {
  const integrations = program
    .command("integrations")
    .description("work with the receivers of notices and of the SIEM");

  integrations
    .command("check")
    .description("say all that is wrong with an integrations file, before it counts")
    .argument("[file]", "the file; SALLYPORT_INTEGRATIONS where it is left out")
    .action(async (file: string | undefined) => {
      const path = file ?? fileOf(readConfig(process.env));
      process.exitCode = await checkIntegrations(path, process.env, process.stdout);
    });

  integrations
    .command("test")
    .description("send one harmless message to an integration")
    .argument("<name>", "its name in the file")
    .option("--to <address>", "who receives a mail that goes to those concerned")
    .action(async (name: string, { to }: { to?: string }) => {
      const config = readConfig(process.env);
      const wanted = { path: fileOf(config), name, to: to ?? "" };
      process.exitCode = await testIntegration(config, process.env, wanted, process.stdout);
    });
}

function fileOf({ integrations }: Config): string {
  if (integrations !== "") return integrations;
  throw new Error("no file is named: set SALLYPORT_INTEGRATIONS");
}
