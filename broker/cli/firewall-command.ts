/** Adds `sallyport plant firewall` to the command. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { plantOf } from "./integrations.ts";
import {
  type FirewallAsked,
  FirewallRefused,
  firewallRules,
  systemdAddresses,
} from "./plant-firewall.ts";

export function addFirewallCommand(plant: Command): void {
  plant
    .command("firewall")
    .description(
      "print nftables rules for this machine: drop everything but the doors and endpoints",
    )
    .option("--from <network...>", "where people come from; without it, everywhere", [])
    .option("--admin-from <network...>", "from where this machine is looked after by SSH", [])
    .option("--to <host:port/tcp...>", "what else the broker reaches: names, time, mail, SIEM", [])
    .option("--user <name>", "account that the broker runs as", userInfo().username)
    .option("--gateway <name>", "for the machine of this gateway, where nobody comes in")
    .option("--systemd", "a drop-in of the unit instead, with the addresses alone", false)
    .action(async (asked: FirewallAsked & { readonly systemd: boolean }) => {
      const config = readConfig(process.env);
      const found = await plantOf(config);
      if (!found) throw new FirewallRefused("the plant file is not valid: sallyport plant check");
      const made = asked.systemd
        ? await systemdAddresses(config, found, asked)
        : await firewallRules(config, found, asked);
      process.stdout.write(made);
    });
}
