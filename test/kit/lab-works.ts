/**
 * The broker of a lab with the works behind it, and one person with an authenticator. Settings come
 * by the environment, its folder as argument. Takes a word a line: `approve CODE NUMBER` agrees to a
 * machine, `sessions` tells the live ones, `written` what the asset `counter` was told to write, in
 * order. Answers in a line each that begins with the same word and the number of the question.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { readConfig } from "../../broker/config.ts";
import { startBroker } from "../../broker/start.ts";
import { startSimulatedPlant } from "../../simulators/plant.ts";
import { ConsoleUser } from "./console-user.ts";
import { approveMachine } from "./machine-user.ts";
import { RawDevice, replyTo } from "./raw-device.ts";
import { writeConsole, writePlantFile } from "./running-broker.ts";

const [folder = ""] = process.argv.slice(2);

const COUNTER = `assets:
  - id: counter
    name: Counter
    zone: treatment
    endpoints:
      - id: modbus
        protocol: modbus
        address: 127.0.0.1:PORT
        allow-local: true
        units: [1]
`;
const ALL = `profiles:
  - id: everything
    description: All that Modbus can say.
    on-recorder-failure: freeze
    rules:
      - { name: all classes, permit: [observe, operate] }
`;
const GRANT = `grants:
  - { id: engineers-count, subject: "role:engineer", endpoint: counter/modbus, profile: everything }
`;
const CREDENTIALS = {
  "switch-works/ssh": { kind: "password", user: "operator", password: "waterworks" },
  "hmi-treatment/screen": { kind: "password", user: "", password: "waterhmi" },
} as const;

const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
const device = await RawDevice.start();
device.onFrame = (frame, plc) => plc.send(replyTo(frame));
const file = writePlantFile(folder, plant);
writeFileSync(
  file,
  readFileSync(file, "utf8")
    .replace(/^assets:\n/m, COUNTER.replace("PORT", String(device.port)))
    .replace(/^profiles:\n/m, ALL)
    .replace(/^grants:\n/m, GRANT),
);
writeConsole(folder);
const broker = await startBroker(readConfig(process.env));
const authority = readFileSync(path.join(folder, "data/tls/site-ca.pem"), "utf8");
const user = new ConsoleUser(broker.address, authority);
await user.enrol(broker.enrolmentLink?.url ?? "");
for (const [endpoint, credential] of Object.entries(CREDENTIALS)) {
  await user.ask("POST", "/api/credentials", { endpoint, credential });
}
process.stdout.write(`works ${broker.address}\n`);

const WORDS: Readonly<Record<string, (...given: string[]) => unknown>> = {
  approve: (code = "", number = "") => approveMachine(user, code, Number(number)),
  sessions: async () => {
    const { body } = await user.ask<readonly { readonly id: string }[]>("GET", "/api/sessions");
    return body.map(({ id }) => id);
  },
  written: () =>
    device.frames.filter((frame) => frame[7] === 6).map((frame) => frame.readUInt16BE(10)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [question = "", word = "", ...given] = line.trim().split(" ");
  const answer = await WORDS[word]?.(...given);
  process.stdout.write(`${question} ${word} ${JSON.stringify(answer)}\n`);
}
