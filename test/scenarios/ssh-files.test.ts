/**
 * Files of some MiB that differ at each byte, brought and fetched in a real Chromium: they come out
 * as they went in, also where a scanner looks into them first, or a second person agrees in the
 * middle. Slow: a broker, a browser and a hundred packets each way.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SWITCH_LOGIN } from "../../simulators/assets/ssh-switch.ts";
import { chance, contentOf } from "../kit/content-road.ts";
import { ask, enrolled, invite, shot } from "../kit/people-in-browser.ts";
import { postSigned } from "../kit/signed-in-page.ts";
import { type Device, NARROW, openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { makeFolder, removeFolder } from "../kit/temporary.ts";

const PATIENT = { timeout: 600_000 };
/** Until many packets have passed on a busy test machine. */
const WITHIN = { timeout: 120_000 };
/** Half a dozen answers, each signed with a passkey. */
const AGREED = { timeout: 400_000 };
/** Its last packet is short: memory for short ones is used again at once. */
const LARGE = 3 * 1_048_576 + 1_234;
/** Three packets, of which each waits for somebody. */
const HELD = 66_001;
const ENDPOINT = "switch-works/ssh";
const PROFILE = "switch-maintenance";
const RULE = "configuration files, permit: transfer";
const MORE_RULES = `scanned, permit: transfer, actions: [file:write], paths: ["/config/scanned-*"], scan: true }
      - { name: agreed, hold: transfer, actions: [file:write], paths: ["/config/agreed-*"], hold-for: 5m }
      - { name: ${RULE}`;

const folder = makeFolder();
const clamd = path.join(folder, "clamd.ctl");
let scanner: Server;
let site: SiteInBrowser;
let ann: Device;
let sam: Device;

/** Finds nothing in anything. */
async function startScanner(): Promise<Server> {
  const server = createServer((socket) => {
    let last = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      last = Buffer.concat([last, bytes]).subarray(-4);
      if (last.equals(Buffer.alloc(4))) socket.write("stream: OK\0");
    });
  });
  await new Promise<void>((resolve) => server.listen(clamd, resolve));
  return server;
}

beforeAll(async () => {
  scanner = await startScanner();
  site = await openSite({ SALLYPORT_SSH_PORT: "0", SALLYPORT_CLAMD: clamd });
  ann = await enrolled(await site.device(), site.enrolmentLink);
  const text = readFileSync(site.plantFile, "utf8");
  const changed = text
    .replace(RULE, MORE_RULES)
    .replace("keep-max: 1048576, size-max: 1048576", "keep-max: 1048576, size-max: 8388608");
  writeFileSync(site.plantFile, changed);
  const told = () => ann.page.evaluate(async () => (await fetch("/api/events")).text());
  // Tried again also where the page was just being loaded anew.
  await vi.waitFor(async () => expect(await told()).toContain("plant:changed"), WITHIN);
  const credential = { kind: "password", ...SWITCH_LOGIN };
  await postSigned(ann.page, "/api/credentials", { endpoint: ENDPOINT, credential });
  const phone = await site.device({ viewport: NARROW, dark: false });
  sam = await enrolled(phone, await invite(ann, "Sam", "supervisor"));
  await sam.page.goto("/live");
  await openFiles(ann.page);
}, 400_000);

afterAll(async () => {
  await site?.close();
  scanner?.close();
  removeFolder(folder);
});

interface EndpointView {
  readonly id: string;
  readonly grants: readonly { readonly id: string; readonly profile: string }[];
}

async function openFiles(page: Page): Promise<void> {
  const plant = await ask<{ assets: { endpoints: EndpointView[] }[] }>(page, "GET", "/api/plant");
  const endpoint = plant.assets.flatMap((asset) => asset.endpoints).find((e) => e.id === ENDPOINT);
  const grant = endpoint?.grants.find(({ profile }) => profile === PROFILE)?.id;
  const asked = { endpoint: ENDPOINT, grant };
  const { id } = (await postSigned(page, "/api/sessions", asked)) as { readonly id: string };
  await page.goto(`/sessions/${id}`);
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByRole("button", { name: "config", exact: true }).click();
  await page.getByText("startup.cfg").waitFor();
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

const there = (name: string) => {
  const content = site.plant.switch.files.get(`/config/${name}`);
  return content && content.length > 0 ? digestOf(content) : undefined;
};

async function bring(name: string, content: Uint8Array): Promise<void> {
  const file = { name, mimeType: "application/octet-stream", buffer: Buffer.from(content) };
  await ann.page.getByLabel("Upload").setInputFiles(file);
}

async function fetched(name: string): Promise<Buffer> {
  const { page } = ann;
  const fetching = page.waitForEvent("download", WITHIN);
  await page.getByRole("button", { name: `Download ${name}` }).click(WITHIN);
  const parts: Buffer[] = [];
  for await (const part of await (await fetching).createReadStream()) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

test.each(["plain-image.bin", "scanned-image.bin"])(
  "%s goes and comes as it is",
  PATIENT,
  async (name) => {
    const content = contentOf(LARGE, chance(name.length));
    await bring(name, content);
    await expect.poll(() => there(name), WITHIN).toBe(digestOf(content));
    expect(digestOf(await fetched(name))).toBe(digestOf(content));
    expect(ann.complaints).toEqual([]);
  },
);

test("what somebody agrees to piece by piece is whole at its end", PATIENT, async () => {
  const name = "agreed-image.bin";
  const content = contentOf(HELD, chance(7));
  await bring(name, content);
  const card = sam.page.getByRole("article", { name: `writing /config/${name}` }).first();
  const permit = card.getByRole("button", { name: "Permit", exact: true });
  await card.waitFor(WITHIN);
  await shot(sam.page, "ssh-files-held");
  const isThere = async () => {
    if (await permit.isVisible()) await permit.click().catch(() => undefined);
    return there(name);
  };
  await expect.poll(isThere, AGREED).toBe(digestOf(content));
  expect(digestOf(await fetched(name))).toBe(digestOf(content));
  expect(ann.complaints).toEqual([]);
});
