/**
 * What a browser that was never here fetches of the console, and how soon a person can act: a new
 * browser profile a round, the real broker. Its peer is an answer of the same broker that is no
 * page at all (health, a few bytes), in turns: what the road and the browser take by themselves.
 * About half a minute.
 */
import type { Page } from "playwright-core";
import { openSite, type SiteInBrowser } from "../kit/site-in-browser.ts";
import { median, printResult, printTable } from "./report.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
/** A page that takes longer is broken, and the bench ends. */
const PATIENCE_MS = 60_000;
/** Smallest answer of a broker: nothing in it is drawn. */
const PEER = "/api/health";

/** Expressions of the page: whether what a person acts on is on screen. */
const SIGN_IN = `[...document.querySelectorAll("button")].some(({ textContent }) => /passkey/i.test(textContent))`;
const MAP = `[...document.querySelectorAll(".react-flow__node")].some((node) => getComputedStyle(node).visibility === "visible")`;
const HEADING = `document.querySelector("h1") !== null`;
const ANY = "document.body !== null";

interface Visit {
  readonly kib: number;
  /** From the address to the first turn in which a person can act. */
  readonly ms: number;
}

export async function run(): Promise<void> {
  const site = await openSite({ SALLYPORT_REQUESTS_PER_MINUTE: "100000" });
  try {
    const { page } = await site.device();
    await enrol(site, page);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push(await measure(site, page));
      process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
    }
    report(rounds);
  } finally {
    await site.close();
  }
}

async function enrol(site: SiteInBrowser, page: Page): Promise<void> {
  await page.goto(site.enrolmentLink);
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.getByText("You are enrolled").first().waitFor();
}

type Round = Readonly<Record<string, Visit>>;

async function measure(site: SiteInBrowser, signedIn: Page): Promise<Round> {
  const { page, context } = await site.device();
  try {
    const nothing = await visit(page, PEER, ANY);
    const first = await visit(page, "/", SIGN_IN);
    const again = await visit(page, "/", SIGN_IN);
    return { nothing, first, again, ...(await signedInPages(signedIn)) };
  } finally {
    await context.close();
  }
}

/** Each with an empty cache, as on the first day; the map once more as on every other. */
async function signedInPages(page: Page): Promise<Round> {
  const cdp = await page.context().newCDPSession(page);
  const cold = async (path: string, ready: string) => {
    await cdp.send("Network.clearBrowserCache");
    return visit(page, path, ready);
  };
  const plant = await cold("/", MAP);
  const plantAgain = await visit(page, "/", MAP);
  const recordings = await cold("/recordings", HEADING);
  const policy = await cold("/policy", HEADING);
  await cdp.detach();
  return { plant, plantAgain, recordings, policy };
}

async function visit(page: Page, path: string, ready: string): Promise<Visit> {
  await page.goto("about:blank");
  const cdp = await page.context().newCDPSession(page);
  let bytes = 0;
  cdp.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await cdp.send("Network.enable");
  await page.goto(path, { waitUntil: "commit" });
  const ms = await page.evaluate<number>(untilReady(ready));
  await page.waitForLoadState("networkidle");
  await cdp.detach();
  return { kib: bytes / 1024, ms };
}

/** By the page's own clock, which begins with the navigation; then a frame is drawn and the thread is free. */
function untilReady(ready: string): string {
  return `(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    while (!(${ready})) {
      if (performance.now() > ${PATIENCE_MS}) throw new Error("the page did not come");
      await frame();
    }
    await frame();
    await new Promise((resolve) => setTimeout(resolve));
    return performance.now();
  })()`;
}

const ROWS: readonly (readonly [name: string, title: string])[] = [
  ["nothing", "an answer without a page"],
  ["first", "sign-in, never seen before"],
  ["again", "sign-in, from the cache"],
  ["plant", "Plant with its map, empty cache"],
  ["plantAgain", "Plant with its map, from the cache"],
  ["recordings", "Recordings, empty cache"],
  ["policy", "Policy, empty cache"],
];

function report(rounds: readonly Round[]): void {
  const of = (name: string, field: keyof Visit) =>
    median(rounds.map((round) => round[name]?.[field] ?? Number.NaN));
  printTable(
    ["page", "KB on the wire", "ms until one can act"],
    ROWS.map(([name, title]) => [title, of(name, "kib").toFixed(0), of(name, "ms").toFixed(0)]),
  );
  printResult({
    bench: "console",
    ratios: {
      firstPageKbGz: of("first", "kib"),
      interactiveMs: of("first", "ms"),
      interactiveVsNothing: of("first", "ms") / of("nothing", "ms"),
      plantKbGz: of("plant", "kib"),
      plantInteractiveMs: of("plant", "ms"),
    },
    goals: { firstPageKbGz: { atMost: 300 }, interactiveMs: { atMost: 1000 } },
    notes: { rounds: ROUNDS, browser: "headless Chromium, 1280x860" },
  });
}
