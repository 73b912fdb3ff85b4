/**
 * `npm run plant`: the simulated works alone. Prints where its PLCs listen, then takes one
 * command a line on standard input; ends on Ctrl-C, and with `--with-input` at the end of its
 * input too, so that it never outlives the process that started it.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { parseFault } from "./fault-command.ts";
import { DEFAULT_PORTS, type PlcName, type SimulatedPlant, startSimulatedPlant } from "./plant.ts";

const HELP = `commands:
  fault PLC none|hang|reset|garbage      PLC is treatment or distribution
  fault PLC delay MS|drip MS|exception CODE
  key on|off                             the key switch for remote access
  show                                   the process as JSON
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      seed: { type: "string" },
      speed: { type: "string" },
      "with-input": { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(
      `npm run plant -- [--port N] [--seed N] [--speed N] [--with-input]\n${HELP}`,
    );
    return;
  }
  const treatment = wholeNumber("port", values.port) ?? DEFAULT_PORTS.treatment;
  const seed = wholeNumber("seed", values.seed);
  const speed = wholeNumber("speed", values.speed);
  const plant = await startSimulatedPlant({
    ports: {
      treatment,
      distribution: treatment === 0 ? 0 : treatment + 1,
      switch: treatment === 0 ? 0 : treatment + 2,
      opcua: treatment === 0 ? 0 : treatment + 3,
      panel: treatment === 0 ? 0 : treatment + 4,
      web: treatment === 0 ? 0 : treatment + 5,
      wire: treatment === 0 ? 0 : treatment + 6,
    },
    ...(seed === undefined ? {} : { seed }),
    ...(speed === undefined ? {} : { speed }),
  });
  process.stdout.write(
    `simulated plant: treatment 127.0.0.1:${plant.ports.treatment} unit 1, ` +
      `distribution 127.0.0.1:${plant.ports.distribution} unit 2, ` +
      `switch 127.0.0.1:${plant.ports.switch} (SSH), ` +
      `works 127.0.0.1:${plant.ports.opcua} (OPC UA), ` +
      `panel 127.0.0.1:${plant.ports.panel} (VNC) and ${plant.ports.wire} (Modbus), ` +
      `web panel 127.0.0.1:${plant.ports.web} (HTTP)\n`,
  );
  const stop = (): void => void plant.close().then(() => process.exit(0));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => process.stdout.write(`${obey(plant, line.trim())}\n`));
  if (values["with-input"]) lines.on("close", stop);
}

function obey(plant: SimulatedPlant, line: string): string {
  const [verb = "", plc = "", ...words] = line.split(/\s+/);
  if (verb === "show") return JSON.stringify(plant.process);
  if (verb === "key" && (plc === "on" || plc === "off") && words.length === 0) {
    plant.turnKey(plc === "on");
    return `key ${plc}`;
  }
  if (verb !== "fault" || !isPlc(plc)) return HELP.trimEnd();
  const fault = parseFault(words);
  if (fault === undefined) return HELP.trimEnd();
  plant.fault(plc, fault);
  return `fault ${plc} ${words.join(" ")}`;
}

function isPlc(word: string): word is PlcName {
  return word === "treatment" || word === "distribution";
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}"`);
  return Number(text);
}

main().catch((error: NodeJS.ErrnoException) => {
  const taken = error.code === "EADDRINUSE";
  process.stderr.write(
    taken
      ? `The simulated plant cannot listen: its port is taken (${error.message}). Choose another with --port, or with SALLYPORT_SIMULATOR_PORT where the broker starts it.\n`
      : `${error.message}\n`,
  );
  process.exit(1);
});
