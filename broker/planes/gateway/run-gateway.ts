/** Runs a gateway as a program: reads the environment, says where it is, stops on a signal. */
import { systemClock } from "../../clock.ts";
import { readConfig } from "../../config.ts";
import { lockFolder } from "../../folder-lock.ts";
import { openLog } from "../../log.ts";
import { countMemoryOutside } from "../../memory-outside.ts";
import { onFault } from "../../on-fault.ts";
import { StartRefused } from "../../start-refused.ts";
import { prepareDataFolder } from "../../store/data-folder.ts";
import { readVersion } from "../../version.ts";
import { Gateway } from "./gateway.ts";
import { readMembership } from "./gateway-files.ts";
import { joinControl } from "./join.ts";

/** Keeps the process while nothing is connected. */
const STAY_MS = 60_000;

/** @returns what is said of it */
export async function runJoin(environment: NodeJS.ProcessEnv, line: string): Promise<string> {
  process.umask(0o077);
  const { dataFolder } = readConfig(environment);
  prepareDataFolder(dataFolder);
  const { gateway, site, control } = await joinControl(dataFolder, line);
  return `This machine is the gateway ${gateway} of ${site} now. Start it: sallyport gateway start\nIt dials ${control.host}:${control.port}, and nothing needs to reach it.`;
}

/** Resolves once it runs; the process then ends by a signal. */
export async function runGateway(environment: NodeJS.ProcessEnv): Promise<void> {
  countMemoryOutside();
  process.umask(0o077);
  const config = readConfig(environment);
  const dataFolder = prepareDataFolder(config.dataFolder);
  lockFolder(dataFolder);
  const membership = readMembership(dataFolder);
  if (!membership) {
    const advice = "let a gateway in on the console's page Gateways, then: sallyport gateway join";
    throw new StartRefused(`${dataFolder} has not joined a site: ${advice} LINE`, 2);
  }
  const log = openLog(config.log, config.logLevel);
  const say = (line: string) => {
    log.info(line);
    process.stdout.write(`${line}\n`);
  };
  const build = readVersion();
  const gateway = await Gateway.open({ dataFolder, membership, clock: systemClock, build, say });
  say(`gateway ${membership.gateway} of ${membership.site}, version ${build}`);
  const staying = setInterval(() => {}, STAY_MS);
  const stop = (code: number) => {
    clearInterval(staying);
    void gateway.close().finally(() => process.exit(code));
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(0));
  onFault((error) => {
    log.fatal({ error }, "a fault of the gateway's own: it ends");
    process.stderr.write(`sallyport: stopped by a fault of its own: ${String(error)}\n`);
    stop(1);
  });
}
