/** Adds `sallyport gateway …`: what runs on the machine of a gateway. */
import type { Command } from "commander";
import { CommandFailed, EXIT } from "./remote/exit-codes.ts";

export function addGatewayCommands(program: Command): void {
  const gateway = program
    .command("gateway")
    .description("on a machine in the plant's DMZ: reach assets for a broker elsewhere");
  gateway
    .command("join")
    .description("become a gateway of a site, by the line that its console shows once")
    .argument("<line>", "the whole line")
    .action(async (line: string) => {
      const { runJoin } = await import("../planes/gateway/run-gateway.ts");
      process.stdout.write(`${await runJoin(process.env, line)}\n`);
    });
  gateway
    .command("start")
    .description("run the gateway; it dials control and listens on nothing. Ctrl-C stops it")
    .action(async () => {
      const { runGateway } = await import("../planes/gateway/run-gateway.ts");
      await runGateway(process.env).catch(refused);
    });
}

/** Its unit file lets systemd try again unless it ends with 2: where trying again changes nothing. */
async function refused(error: unknown): Promise<never> {
  const { StartRefused } = await import("../start-refused.ts");
  if (!(error instanceof StartRefused)) throw error;
  throw new CommandFailed(error.exitCode === 2 ? EXIT.usage : EXIT.failed, error.message);
}
