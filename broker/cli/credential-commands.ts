/** `sallyport credential …`, as the command line takes it. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { CredentialRefused, listOnHost, removeOnHost, setOnHost } from "./credentials.ts";
import { plantOf } from "./integrations.ts";

export function addCredentialCommands(program: Command): void {
  const credential = program
    .command("credential")
    .description("with the broker stopped: what assets are signed in to with");
  const say = (text: string) => void process.stdout.write(`${text}\n`);

  credential
    .command("set")
    .description("set it; the secret comes through standard input; noted as an alarm")
    .argument("<endpoint>", "ASSET/ENDPOINT, as in the plant file")
    .option("--user <name>", "whom the asset knows it as", "")
    .option("--key", "the secret is a private key, not a password")
    .action(async (endpoint: string, options: { user: string; key?: true }) => {
      if (process.stdin.isTTY) {
        throw new CredentialRefused("pipe the secret in: typed here it would be seen");
      }
      const config = readConfig(process.env);
      const plant = await plantOf(config);
      if (!plant)
        throw new CredentialRefused("there is no valid plant file: sallyport plant check");
      const wanted = { endpoint, user: options.user, isKey: options.key === true };
      say(await setOnHost(config, plant, wanted, process.stdin));
    });

  credential
    .command("remove")
    .description("remove it; noted as an alarm")
    .argument("<endpoint>", "ASSET/ENDPOINT")
    .action(async (endpoint: string) => say(await removeOnHost(readConfig(process.env), endpoint)));

  credential
    .command("list")
    .description("show for which endpoints one is set, never the secret")
    .action(async () => say(await listOnHost(readConfig(process.env))));
}
