/**
 * `sallyport connect` while the network in between, the broker and the command go away at random:
 * nothing is carried out twice, no port stays, no session outlives its grace.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type Connecting, modbusRequest, RawTool, startConnecting } from "../kit/connecting.ts";
import { signInMachine } from "../kit/machine-user.ts";
import { NetworkBetween } from "../kit/network-between.ts";
import { writeOpenPlant } from "../kit/open-plant.ts";
import { RawDevice, replyTo } from "../kit/raw-device.ts";
import { type RunningBroker, startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const PATIENT = { timeout: 300_000 };
const ROUNDS = 8;

let folder: string;
let device: RawDevice;
let network: NetworkBetween;
let site: RunningBroker;
let home: string;

/** @param lease how long a session waits for its command */
async function begin(lease: string): Promise<void> {
  folder = makeFolder();
  device = await RawDevice.start();
  device.onFrame = (frame, plc) => plc.send(replyTo(frame));
  network = await NetworkBetween.open();
  const plant = writeOpenPlant(folder, { port: device.port });
  const grant =
    '  - { id: all, subject: "role:engineer", endpoint: plc/modbus, profile: everything }';
  writeFileSync(plant, readFileSync(plant, "utf8").replace("grants: []", `grants:\n${grant}`));
  const port = await freePort();
  site = await startRunningBroker(
    {
      SALLYPORT_PLANT: plant,
      SALLYPORT_PORT: String(port),
      SALLYPORT_ORIGINS: `http://localhost:${network.port}`,
      SALLYPORT_SESSION_LEASE: lease,
    },
    {},
    () => network.leadTo(port),
  );
  home = path.join(folder, "home");
  await signInMachine(home, site.first);
}
afterEach(async () => {
  network.restore();
  await site.close();
  network.close();
  await device.close();
  removeFolder(folder);
});

async function freePort(): Promise<number> {
  const probe = await RawDevice.start();
  const { port } = probe;
  await probe.close();
  return port;
}

async function liveSessions(): Promise<readonly { readonly id: string }[]> {
  return (await site.first.ask<{ id: string }[]>("GET", "/api/sessions")).body;
}

/** Writes by the values that the device got, in order. */
function written(): readonly number[] {
  return device.frames.filter((frame) => frame[7] === 6).map((frame) => frame.readUInt16BE(10));
}

/** A tool that tries each write once, and goes on with the next whatever became of it. */
async function writeOnce(command: Connecting, value: number): Promise<boolean> {
  const tool = new RawTool(command.port);
  try {
    const answer = await Promise.race([
      tool.ask(modbusRequest(value, 6, 100, value), 12).then(() => true),
      pause(3_000).then(() => false),
    ]);
    return answer;
  } catch {
    return false;
  } finally {
    tool.close();
  }
}

test(
  "a network that goes away and comes back costs answers, and repeats no write",
  PATIENT,
  async () => {
    await begin("90s");
    const command = await startConnecting(home, ["plc"]);
    const answered: number[] = [];
    let value = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // A cut at any instant: before, within and after a write.
      const cutting = pause(Math.random() * 40).then(() => network.cut());
      for (let n = 0; n < 3; n++) if (await writeOnce(command, ++value)) answered.push(value);
      await cutting;
      network.restore();
      const comesBack = async () => {
        value += 1;
        const isBack = await writeOnce(command, value);
        if (isBack) answered.push(value);
        return isBack;
      };
      await expect.poll(comesBack, { timeout: 90_000, interval: 200 }).toBe(true);
    }
    const seen = written();
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    for (const each of answered) expect(seen).toContain(each);
    // The same session all along.
    expect((await liveSessions()).map(({ id }) => id)).toEqual([command.session]);
    expect(await command.stop()).toBe(0);
  },
);

test(
  "a network that stays away ends the session by its lease, the command, and its port",
  PATIENT,
  async () => {
    await begin("10s");
    const command = await startConnecting(home, ["plc"]);
    const tool = new RawTool(command.port);
    await tool.ask(modbusRequest(1, 3, 0, 1), 11);
    network.cut();
    expect(await tool.over).toBe("end");
    expect(await command.ended).toBe(6);
    expect(command.lines("ended")[0]).toMatchObject({ rule: "lease" });
    await expect(new RawTool(command.port).ask(Buffer.alloc(1), 1)).rejects.toThrow("ECONNREFUSED");
    network.restore();
    await expect.poll(liveSessions, { timeout: 60_000 }).toEqual([]);
  },
);

test(
  "a broker that stops ends the tool's connection cleanly, and the command says so",
  PATIENT,
  async () => {
    await begin("60s");
    const command = await startConnecting(home, ["plc"]);
    const tool = new RawTool(command.port);
    await tool.ask(modbusRequest(1, 3, 0, 1), 11);
    const stopping = site.broker.close();
    expect(await tool.over).toBe("end");
    await stopping;
    expect(await command.ended).toBe(6);
    expect(command.lines("ended")[0]).toMatchObject({
      // The word is on its way while the connection goes: who misses it waits for nothing.
      rule: expect.stringMatching(/^(shutdown|lease)$/),
    });
  },
);
