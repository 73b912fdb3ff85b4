/**
 * The web pages that monit (Debian) brings along, worked in Chromium through the broker: HTTP/1.0,
 * basic authentication, forms guarded by a token in a cookie. What is no rule's does not happen, and
 * the recording is a HAR of what did.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { exportAs } from "../../broker/cli/export-as.ts";
import { readConfig } from "../../broker/config.ts";
import { launchBrowser } from "../kit/browser.ts";
import { found, testWith } from "../kit/programs.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";
import { WebPlant } from "../kit/web-plant.ts";

const LOGIN = { user: "fitter", password: "s3cret-words" };
const PATIENCE = { timeout: 30_000 };

const test = testWith(["monit"]);

let folder: string | undefined;
let monit: ChildProcess;
let plant: WebPlant;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let session: string;

beforeAll(async () => {
  if (!found("monit")) return;
  folder = makeFolder();
  const port = await freePort();
  monit = await startMonit(folder, port);
  plant = await WebPlant.open({
    port,
    login: LOGIN,
    endpoint: ", sign-in: basic",
    rules: [
      '{ name: pages, permit: observe, web: { methods: [GET, HEAD], paths: ["/", "/*"] } }',
      '{ name: start, permit: operate, web: { methods: [POST], paths: [/valve], form: ["securitytoken=*", "action=start"] } }',
    ],
  });
  browser = await launchBrowser();
  context = await browser.newContext({ userAgent: "test" });
  page = await context.newPage();
  const { id, address } = await plant.admit();
  session = id;
  await page.goto(address);
  await page.waitForURL(/localhost:\d+\/$/);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await plant?.close();
  monit?.kill("SIGTERM");
  if (monit && monit.exitCode === null) await once(monit, "exit");
  if (folder !== undefined) removeFolder(folder);
});

const made = (name: string) => existsSync(path.join(folder ?? "", name));

test("pages come signed in, and a button that a rule names does its work", async () => {
  await page.getByRole("link", { name: "valve" }).click();
  await page.getByRole("button", { name: "Start service", exact: true }).click();
  await expect.poll(() => made("started"), PATIENCE).toBe(true);
  await page.getByRole("link", { name: "Home" }).first().waitFor();
}, 90_000);

test("a button that no rule names does nothing, and says why", async () => {
  await page.goto(new URL("/valve", page.url()).href);
  await page.getByRole("button", { name: "Stop service", exact: true }).click();
  await page.getByText("Rule: default-deny").waitFor();
  await page.getByText("no rule of the profile").waitFor();
  expect(made("stopped")).toBe(false);
}, 90_000);

test("its cookie and the password stay with the broker", async () => {
  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name)).toEqual(["__Host-sallyport-panel"]);
});

test("the recording is exported as HAR, on the host and over HTTP, without what is secret", async () => {
  await plant.site.first.ask("POST", `/api/sessions/${session}/end`, { reason: "done" });
  const ask = () =>
    plant.site.first.ask<Har>("GET", `/api/recordings/${session}/export?format=har`);
  const recording = () => plant.site.first.ask("GET", `/api/recordings/${session}`);
  await expect
    .poll(async () => JSON.stringify((await recording()).body), PATIENCE)
    .toContain('"state":"sealed"');
  // Its kit reads answers as Latin-1.
  const over = Buffer.from((await ask()).text, "latin1").toString("utf8");
  const out = path.join(folder ?? "", "pages.har");
  const data = path.join(plant.site.folder, "data");
  await exportAs(readConfig({ SALLYPORT_DATA: data }), { session, as: "har", out });
  expect(readFileSync(out, "utf8")).toBe(over);
  expect(over).not.toContain(LOGIN.password);
  expect(over).not.toContain(Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString("base64"));
  const { entries } = (JSON.parse(over) as Har).log;
  const [start, stop] = entries.filter(({ request }) => request.method === "POST");
  expect(start).toMatchObject({
    request: {
      postData: {
        params: [
          { name: "securitytoken", value: "(hidden)" },
          { name: "action", value: "start" },
        ],
      },
    },
    _sallyport: { verdict: "permit", rule: "work/start", class: "operate" },
  });
  expect(stop).toMatchObject({ response: { status: 403 }, _sallyport: { verdict: "deny" } });
}, 90_000);

interface Har {
  readonly log: { readonly entries: readonly { readonly request: { readonly method: string } }[] };
}

async function startMonit(folder: string, port: number): Promise<ChildProcess> {
  const file = path.join(folder, "monitrc");
  const at = (name: string) => path.join(folder, name);
  writeFileSync(
    file,
    `set daemon 60
set pidfile ${at("pid")}
set idfile ${at("id")}
set statefile ${at("state")}
set log ${at("log")}
set httpd port ${port}
  use address 127.0.0.1
  allow ${LOGIN.user}:"${LOGIN.password}"
check process valve with pidfile ${at("valve.pid")}
  start program = "/usr/bin/touch ${at("started")}"
  stop program = "/usr/bin/touch ${at("stopped")}"
  mode passive
`,
    { mode: 0o600 },
  );
  const child = spawn("monit", ["-c", file, "-I"], { stdio: "ignore" });
  for (let tries = 0; tries < 600; tries++) {
    const socket = connect(port, "127.0.0.1");
    const open = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (open) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error("monit does not listen");
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
