/** Runs a gateway as a program: reads the environment, says where it is, stops on a signal. */
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { readConfig } from "../../config.ts";
import { lockFolder } from "../../folder-lock.ts";
import { controlAddress } from "../../gateway-settings.ts";
import { Clamd } from "../../legs/clamd.ts";
import { OpcuaProcess } from "../../legs/opcua/apart/opcua-process.ts";
import { keptIdentity } from "../../legs/opcua/kept-identity.ts";
import { openLog } from "../../log.ts";
import { countMemoryOutside } from "../../memory-outside.ts";
import { onFault } from "../../on-fault.ts";
import { Quarantine } from "../../scanning/quarantine.ts";
import { StartRefused } from "../../start-refused.ts";
import { prepareDataFolder } from "../../store/data-folder.ts";
import { readVersion } from "../../version.ts";
import { Gateway } from "./gateway.ts";
import { readMembership } from "./gateway-files.ts";
import { joinControl } from "./join.ts";
import { OpcuaNews } from "./opcua-news.ts";
import type { GatewayMeans } from "./served-sessions.ts";

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
  // Who reads what it says may be gone; it works on.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
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
  const means = gatewayMeans(config.clamd, dataFolder, say);
  const clock = systemClock;
  const controls = config.gatewayControls.flatMap((text) => controlAddress(text) ?? []);
  const gateway = await Gateway.open({
    ...{ dataFolder, membership, clock, build, means, controls, say },
  });
  say(`gateway ${membership.gateway} of ${membership.site}, version ${build}`);
  const staying = setInterval(() => {}, STAY_MS);
  let stopping = false;
  const stop = (code: number) => {
    if (stopping) return;
    stopping = true;
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

/** The OPC UA process begins when it is first needed; its certificate is the gateway's own. */
function gatewayMeans(
  clamd: string,
  dataFolder: string,
  say: (line: string) => void,
): GatewayMeans {
  const file = join(dataFolder, "opcua.pem");
  const opcuaNews = new OpcuaNews(say);
  return {
    opcua: new OpcuaProcess(file, keptIdentity(file), opcuaNews),
    opcuaNews,
    scanner: clamd === "" ? undefined : new Clamd(clamd),
    quarantine: (recipients, digest, content) =>
      new Quarantine(join(dataFolder, "quarantine"), () => recipients).keep(digest, content),
  };
}
