/**
 * The broker is killed while a receiver is away and everything waits: nothing is lost, in order.
 * Worth its four starts of a whole broker: no smaller piece has the store, the feed and the crash.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startSimulatedPlant } from "../../simulators/plant.ts";
import { type Child, startChild } from "../kit/child.ts";
import { ConsoleUser } from "../kit/console-user.ts";
import { eventually } from "../kit/integration-site.ts";
import { writeConsole, writePlantFile } from "../kit/running-broker.ts";
import { temporaryFolder } from "../kit/temporary.ts";
import { startWebReceiver } from "../kit/web-receiver.ts";

const MAIN = path.resolve(import.meta.dirname, "../../broker/main.ts");
const KILLS = 3;
/** Each is an event of the site: somebody proves themselves again. */
const ACTS = 12;

interface Sent {
  readonly message: string;
  readonly metadata: { readonly uid: string; readonly sequence: number };
}

test("kill -9 with everything waiting: each event that was kept arrives, once it can, in order", async () => {
  const folder = temporaryFolder();
  let isAway = true;
  const receiver = await startWebReceiver((response) => {
    response.writeHead(isAway ? 503 : 200).end();
  });
  const file = path.join(folder, "integrations.yaml");
  writeFileSync(file, `siem:\n  - { name: soc, form: webhook, url: "${receiver.url}" }\n`);
  const plant = await startSimulatedPlant({ ports: { treatment: 0, distribution: 0 } });
  onTestFinished(() => plant.close());
  const env = {
    SALLYPORT_DATA: path.join(folder, "data"),
    SALLYPORT_PORT: "0",
    SALLYPORT_SSH_PORT: "off",
    SALLYPORT_OPCUA_PORT: "off",
    SALLYPORT_PANEL_PORT: "off",
    SALLYPORT_PLANT: writePlantFile(folder, plant),
    SALLYPORT_INTEGRATIONS: file,
    SALLYPORT_CONSOLE: writeConsole(folder),
  };
  let broker = await start(env);
  const user = new ConsoleUser(addressOf(broker));
  await user.enrol(/http:\S+#token=\S+/.exec(broker.output)?.[0] ?? "");
  const port = new URL(addressOf(broker)).port;
  let acts = 0;
  for (let round = 0; round < KILLS; round++) {
    for (let nth = 0; nth < ACTS; nth++) {
      expect((await user.stepUp()).status).toBe(200);
      acts += 1;
    }
    await broker.stop("SIGKILL");
    broker = await start({ ...env, SALLYPORT_PORT: port });
    expect((await user.signIn()).status).toBe(200);
  }
  const before = receiver.heard.length;
  isAway = false;
  await user.ask("POST", "/api/integrations/soc/test", {});
  const taken = () => sentIn(receiver.heard.slice(before).map(({ body }) => body));
  const steps = () => taken().filter(({ message }) => message.includes("proved themselves again"));
  await eventually(() => steps().length >= acts, 30_000);
  expect(new Set(steps().map(({ metadata }) => metadata.uid)).size).toBe(acts);
  const places = taken()
    .map(({ metadata }) => metadata.sequence)
    .filter((place) => place > 0);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(places).toEqual(Array.from(places, (_, nth) => (places[0] ?? 0) + nth));
}, 180_000);

async function start(env: Readonly<Record<string, string>>): Promise<Child> {
  const child = await startChild(process.execPath, [MAIN], {
    ready: /stop +Ctrl-C/,
    withinMs: 60_000,
    env,
  });
  onTestFinished(() => void child.stop("SIGKILL"));
  return child;
}

function addressOf(broker: Child): string {
  return /console +(\S+)/.exec(broker.output)?.[1] ?? "";
}

function sentIn(bodies: readonly string[]): Sent[] {
  return bodies.flatMap((body) =>
    body
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
}
