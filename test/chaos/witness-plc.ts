/**
 * A PLC on a third-party library that writes down every write it carries out, before it answers.
 * The drills compare its notes with the recordings.
 *
 *     node test/chaos/witness-plc.ts NOTES     prints `witness on PORT`
 */
import { openSync, writeSync } from "node:fs";
import type { Server } from "node:net";
import { ServerTCP } from "modbus-serial";
import { freePorts } from "../kit/free-ports.ts";

const notes = openSync(process.argv[2] ?? "", "a", 0o600);
const registers = new Uint16Array(65_536);

const plc = new ServerTCP(
  {
    getHoldingRegister: (address: number) => registers[address] ?? 0,
    setRegister: (address: number, value: number) => {
      writeSync(notes, `${address} ${value}\n`);
      registers[address] = value;
    },
  },
  // The library takes 0 for its default, which several of these would fight for.
  { host: "127.0.0.1", port: await freePorts(1), unitID: 1 },
);
plc.on("socketError", () => {});
plc.on("initialized", () => {
  const address = (Reflect.get(plc, "_server") as Server).address();
  if (address && typeof address === "object") process.stdout.write(`witness on ${address.port}\n`);
});
