/** Adds `sallyport tls …` to the command. */
import type { Command } from "commander";
import { systemClock } from "../clock.ts";
import { readConfig } from "../config.ts";
import { checkedText, trustText } from "./tls.ts";

export function addTlsCommands(program: Command): void {
  const tls = program
    .command("tls")
    .description("what proves to browsers that this is the console");
  tls
    .command("trust")
    .description("show the site's own authority, its fingerprint, and how each system trusts it")
    .action(async () => {
      process.umask(0o077);
      process.stdout.write(`${await trustText(readConfig(process.env), systemClock)}\n`);
    });
  tls
    .command("check")
    .description("say whether a certificate and its key can be used, before they count")
    .argument("<certificate>", "PEM file: the certificate and those between it and its root")
    .argument("<key>", "PEM file of its key")
    .action((certificate: string, key: string) => {
      process.stdout.write(`${checkedText(readConfig(process.env), certificate, key)}\n`);
    });
}
