/** Adds `sallyport plant firewall` to the command. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { type Config, readConfig } from "../config.ts";
import type { Plant } from "../plant/model.ts";
import { plantOf } from "./integrations.ts";
import { networkPolicies } from "./network-policies.ts";
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
    .option(
      "--peer <host:port...>",
      "the other brokers of a pair: their SALLYPORT_PEER_ADDRESS",
      [],
    )
    .option("--user <name>", "account that the broker runs as", userInfo().username)
    .option("--gateway <name>", "for the machine of this gateway, where nobody comes in")
    .option("--systemd", "a drop-in of the unit instead, with the addresses alone", false)
    .option("--kubernetes", "NetworkPolicies for the pods of deploy/kubernetes instead", false)
    .action(async (asked: Asked) => {
      const config = readConfig(process.env);
      const found = await plantOf(config);
      if (!found) throw new FirewallRefused("the plant file is not valid: sallyport plant check");
      const { peer: peers, ...others } = asked;
      process.stdout.write(await made(config, found, { ...others, peers }));
    });
}

interface Form {
  readonly systemd: boolean;
  readonly kubernetes: boolean;
}
type Asked = FirewallAsked & Form & { readonly peer: readonly string[] };

function made(config: Config, plant: Plant, asked: FirewallAsked & Form): Promise<string> {
  if (asked.kubernetes) return networkPolicies(config, plant, asked);
  return asked.systemd
    ? systemdAddresses(config, plant, asked)
    : firewallRules(config, plant, asked);
}
