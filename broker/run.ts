/**
 * Runs the broker as a program: reads the environment, says where it is, stops on a signal.
 * Whatever stands in the way of starting is one line on standard error and a code.
 */
import { type Config, ConfigInvalid, readConfig } from "./config.ts";
import { countMemoryOutside } from "./memory-outside.ts";
import { onFault } from "./on-fault.ts";
import { startInTurn } from "./standby/start-in-turn.ts";
import { type Broker, startBroker } from "./start.ts";
import { StartRefused } from "./start-refused.ts";
import { StopPresses } from "./stop-presses.ts";

/** The configuration is wrong; nothing was started. */
const EXIT_CONFIG = 2;
/** Something else stood in the way, or the broker failed while it ran. */
const EXIT_FAILED = 1;
/** A second Ctrl-C, as shells report it. */
const EXIT_INTERRUPTED = 130;

/** Resolves once the broker runs; the process then ends by a signal. */
export async function runBroker(environment: NodeJS.ProcessEnv): Promise<void> {
  countMemoryOutside();
  // Nobody else may read what this process writes.
  process.umask(0o077);
  // Whoever read what is printed may go; the broker goes on.
  process.stdout.on("error", () => {});
  const stopping = new AbortController();
  const starting = start(environment, stopping.signal);
  onStopSignal(environment, () => {
    stopping.abort();
    void starting.then(shutDown);
  });
  onFault((error) => {
    setTimeout(() => process.exit(EXIT_FAILED), LAST_MS);
    void starting.then((broker) => endWith(error, broker));
  });
  await starting;
}

/** Ends the process if the broker does not start. */
async function start(environment: NodeJS.ProcessEnv, stop: AbortSignal): Promise<Broker> {
  try {
    const broker = await startAs(readConfig(environment), stop);
    if (!broker) process.exit(0);
    if (!stop.aborted) process.stdout.write(welcome(broker));
    return broker;
  } catch (error) {
    // Ctrl-C goes to the build of the console too: that it failed then is no news.
    process.exit(stop.aborted ? EXIT_INTERRUPTED : explain(error));
  }
}

/** Undefined where it was stopped while it waited for its turn. */
async function startAs(config: Config, stop: AbortSignal): Promise<Broker | undefined> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  if (!config.standby) return startBroker(config, { say });
  const starting = startInTurn(config, { say, stepDown: (reason) => leave(reason) }, stop);
  const leave = (reason: string) => {
    process.stderr.write(`sallyport: this broker steps down: ${reason}\n`);
    setTimeout(() => process.exit(EXIT_FAILED), LAST_MS);
    const close = starting.then((broker) => broker?.close());
    void close.catch(() => {}).finally(() => process.exit(EXIT_FAILED));
  };
  return starting;
}

/** The first press stops in order; the second at once, whatever is still open. */
function onStopSignal(environment: NodeJS.ProcessEnv, stop: () => void): void {
  const presses = new StopPresses((environment.npm_lifecycle_event ?? "") !== "");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const asked = presses.signal(performance.now());
      if (asked === "stop") stop();
      if (asked === "at-once") process.exit(EXIT_INTERRUPTED);
    });
  }
}

async function shutDown(broker: Broker): Promise<void> {
  process.stdout.write("\nstopping: sessions are ended, recordings sealed …\n");
  try {
    await broker.close();
    process.stdout.write("stopped\n");
    process.exit(0);
  } catch (error) {
    process.exit(explain(error));
  }
}

/** Sealing what is open takes a commit; a disk that hangs must not keep a broken broker alive. */
const LAST_MS = 5_000;

/** Nobody knows what state a broker is in after this: it ends what is open and then itself. */
async function endWith(error: unknown, broker: Broker): Promise<never> {
  process.stderr.write(`sallyport: stopped by a fault of its own: ${lineOf(error)}\n`);
  if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
  broker.noteFault(error);
  await broker.close().catch(() => {});
  process.exit(EXIT_FAILED);
}

function explain(error: unknown): number {
  if (error instanceof ConfigInvalid) {
    for (const problem of error.problems) process.stderr.write(`sallyport: ${problem}\n`);
    return EXIT_CONFIG;
  }
  process.stderr.write(`sallyport: ${lineOf(error)}\n`);
  if (!(error instanceof StartRefused) && error instanceof Error && error.stack) {
    process.stderr.write(`${error.stack.split("\n").slice(1).join("\n")}\n`);
  }
  return error instanceof StartRefused ? error.exitCode : EXIT_FAILED;
}

function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n").join(" ");
}

function welcome(broker: Broker): string {
  const link = broker.enrolmentLink;
  const rows: [string, string][] = [
    ["console", broker.address],
    ...(link
      ? ([
          ["enrol", link.url],
          ["", `for the first administrator: works once, until ${clockTime(link.expiresMs)}`],
        ] as [string, string][])
      : []),
    ["plant", broker.plantName],
    ...(broker.simulatedPlant ? ([["", broker.simulatedPlant]] as [string, string][]) : []),
    ...broker.doors.map(({ name, use }): [string, string] => [name, use]),
    ["plant file", broker.plantFile],
    ["data", broker.dataFolder],
    ["log", broker.log],
    ["stop", "Ctrl-C"],
  ];
  const lines = rows.map(([name, text]) => `  ${name.padEnd(11)}${text}`.trimEnd());
  return `\nSallyport ${broker.version}\n\n${lines.join("\n")}\n\n`;
}

function clockTime(atMs: number): string {
  const parts = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" } as const;
  return new Date(atMs).toLocaleTimeString("en-GB", parts);
}
