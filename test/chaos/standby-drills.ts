/** One way each to lose the active broker, under load. What each leaves is compared at the end. */
import { setTimeout as pause } from "node:timers/promises";
import { type Load, type Node, type StandbySite, until } from "./standby-site.ts";

/** Milliseconds from the loss until the other broker lets people in. */
export type TakeOver = { readonly how: string; readonly tookMs: number };

/** From mid-commit to several of them. */
const LIFE_MAX_MS = 300;

interface Begun {
  readonly active: Node;
  readonly load: Load;
}

async function begin(site: StandbySite, random: () => number): Promise<Begun> {
  const active = await site.active();
  const load = await site.load(active);
  await load.goesOn(20);
  await pause(random() * LIFE_MAX_MS);
  return { active, load };
}

/** The other one is active, its people are signed in there, and they can work. */
async function taken(site: StandbySite, { active, load }: Begun, how: string): Promise<TakeOver> {
  const beganMs = performance.now();
  const next = site.other(active);
  await until(`the other broker takes over (${how})`, () => next.isReady());
  const tookMs = performance.now() - beganMs;
  await site.over(load);
  const me = await site.user(next).ask("GET", "/api/me");
  if (me.status !== 200) throw new Error(`the sign-in is gone: ${me.text}`);
  const again = await site.load(next);
  await again.goesOn(20);
  await site.over(again);
  return { how, tookMs: Math.round(tookMs) };
}

export async function killed(site: StandbySite, random: () => number): Promise<TakeOver> {
  const begun = await begin(site, random);
  site.kill(begun.active, "SIGKILL");
  const took = await taken(site, begun, "killed");
  await begun.active.child?.ended;
  await begun.active.start();
  return took;
}

/** Stopped, and let go on once another is active: there is nothing left to go on. */
export async function stopped(site: StandbySite, random: () => number): Promise<TakeOver> {
  const begun = await begin(site, random);
  const { child } = begun.active;
  site.kill(begun.active, "SIGSTOP");
  const took = await taken(site, begun, "stopped");
  const before = site.notes().length;
  site.kill(begun.active, "SIGCONT");
  const end = await child?.ended;
  if (end !== "SIGKILL") throw new Error(`it ended with ${end} and not by its keeper`);
  const after = site.notes().length;
  if (after !== before) throw new Error(`the PLC was written to ${after - before} times by it`);
  await begun.active.start();
  return took;
}

/** It does not hear that its lock is gone; the folder's, which it still has, keeps the other one back. */
export async function cutOff(site: StandbySite, random: () => number): Promise<TakeOver> {
  const begun = await begin(site, random);
  const { child, way } = begun.active;
  way.lose();
  const took = await taken(site, begun, "cut off");
  const end = await child?.ended;
  if (end !== 1 || !child?.output.includes("steps down")) {
    throw new Error(`it did not step down, it ended with ${end}`);
  }
  way.restore();
  await begun.active.start();
  return took;
}

/** The database stands still: nobody is active, and who was goes on once it is there again. */
export async function databaseStill(
  site: StandbySite,
  random: () => number,
  database: { pause(): void; resume(): void },
): Promise<void> {
  const { active, load } = await begin(site, random);
  database.pause();
  await until("the active one stands still", async () => !(await active.isReady()));
  database.resume();
  await until("it has its database again", () => active.isReady());
  await load.goesOn(20);
  await site.over(load);
}

/** The whole machine stood still: nobody may take over, since nobody can know. */
export async function stoodStill(site: StandbySite, forMs: number): Promise<void> {
  const begun = await begin(site, () => 0);
  begun.active.signalAll("SIGSTOP");
  const untilMs = performance.now() + forMs;
  const next = site.other(begun.active);
  while (performance.now() < untilMs) {
    if (await next.isReady()) throw new Error("another broker is active beside one that may go on");
    await pause(100);
  }
  begun.active.signalAll("SIGCONT");
  await until("it goes on", () => begun.active.isReady());
  // Its people were gone for longer than a connection lasts; it is the same broker that lets them in.
  await site.over(begun.load);
  const again = await site.load(begun.active);
  await again.goesOn(20);
  await site.over(again);
}
