/**
 * A whole broker in a process of its own, with a person who is signed in a screen of
 * the bench for each port, and the simulated panel of the works. Prints what a page needs.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { countMemoryOutside } from "../../broker/memory-outside.ts";
import { PANEL_PASSWORD, startVncPanel } from "../../simulators/assets/vnc-panel.ts";
import { startingPlant } from "../../simulators/process/water-plant.ts";
import { startRunningBroker } from "../kit/running-broker.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

/** Each screen is `bench-NAME/screen`; `panel` is that of the works. */
export interface BenchBroker {
  readonly address: string;
  readonly cookie: string;
  /** Asks the broker for who posts here, signed by the person's browser; GET is signed, not sent. */
  readonly signing: string;
  readonly data: string;
}

// As the broker does when it starts by itself.
countMemoryOutside();
const ports = JSON.parse(process.argv[2] ?? "{}") as Readonly<Record<string, number>>;
const EXAMPLE = new URL("../../deploy/examples/water-plant.yaml", import.meta.url);

const asset = (port: number, id: string) => `
  - id: bench-${id}
    name: Bench ${id}
    zone: distribution
    endpoints:
      - { id: screen, protocol: vnc, address: "127.0.0.1:${port}", allow-local: true }
`;
const grant = (id: string) =>
  `  - { id: bench-${id}, subject: "role:engineer", endpoint: bench-${id}/screen, profile: panel-operate }\n`;

const folder = makeFolder();
const panel = await startVncPanel(0, startingPlant(1));
const SCREENS = Object.entries({ ...ports, panel: panel.port });
const file = join(folder, "plant.yaml");
writeFileSync(
  file,
  readFileSync(EXAMPLE, "utf8")
    .replace("\nassets:", `\nassets:${SCREENS.map(([id, port]) => asset(port, id)).join("")}`)
    .replace("\ngrants:\n", `\ngrants:\n${SCREENS.map(([id]) => grant(id)).join("")}`),
);
const running = await startRunningBroker({ SALLYPORT_PLANT: file });
const { first, broker } = running;
await first.stepUp();
await first.ask("POST", "/api/credentials", {
  endpoint: "bench-panel/screen",
  credential: { kind: "password", user: "", password: PANEL_PASSWORD },
});
const signing = createServer((request, response) => {
  void text(request).then(async (asked) => {
    if (request.method === "GET") {
      response.end(await first.proofFor("GET", request.url ?? ""));
      return;
    }
    const answer = await first.ask("POST", request.url ?? "", JSON.parse(asked));
    response.writeHead(answer.status).end(JSON.stringify(answer.body ?? {}));
  });
}).listen(0, "127.0.0.1");
await once(signing, "listening");
const told: BenchBroker = {
  address: broker.address,
  cookie: first.cookieHeader,
  signing: `http://127.0.0.1:${(signing.address() as AddressInfo).port}`,
  data: join(running.folder, "data"),
};
process.stdout.write(`ready ${JSON.stringify(told)}\n`);
process.on("SIGTERM", () => {
  signing.close();
  const closing = Promise.all([running.close(), panel.close()]);
  void closing.then(() => {
    removeFolder(folder);
    process.exit(0);
  });
});
