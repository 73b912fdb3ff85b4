/** `sallyport trust …`, as the command line takes it. */
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { plantOf } from "./integrations.ts";
import { listTrust, TrustRefused, trustOnHost, withdrawOnHost } from "./trust.ts";

export function addTrustCommands(program: Command): void {
  const trust = program
    .command("trust")
    .description("with the broker stopped: which keys and certificates of assets count");
  const say = (text: string) => void process.stdout.write(`${text}\n`);

  trust
    .command("list")
    .description("what assets showed, and what is trusted besides the plant file")
    .action(async () => say(await listTrust(readConfig(process.env))));

  trust
    .command("accept")
    .description("trust this one instead of the one before; noted as an alarm")
    .argument("<endpoint>", "ASSET/ENDPOINT, as in the plant file")
    .argument("<fingerprint>", "SHA256:… of a host key, or the SHA-256 of a certificate")
    .action(async (endpoint: string, fingerprint: string) => {
      const config = readConfig(process.env);
      const plant = await plantOf(config);
      if (!plant) throw new TrustRefused("there is no valid plant file: sallyport plant check");
      say(await trustOnHost(config, plant, endpoint, fingerprint));
    });

  trust
    .command("withdraw")
    .description("trust none of it any more; noted as an alarm")
    .argument("<endpoint>", "ASSET/ENDPOINT")
    .action(async (endpoint: string) =>
      say(await withdrawOnHost(readConfig(process.env), endpoint)),
    );
}
