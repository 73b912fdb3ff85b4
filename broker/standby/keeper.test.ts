import { once } from "node:events";
import { PassThrough } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { startChild } from "../../test/kit/child.ts";
import { Keeper } from "./keeper.ts";
import { BEAT_MS, keep, SILENT_MAX, STOPPED_MAX } from "./keeper-process.ts";

const KEEPER = new URL("./keeper.ts", import.meta.url).href;

function kept() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const beats = new PassThrough();
  const told: string[] = [];
  let [isThere, isStopped] = [true, true];
  const stop = keep({
    beats,
    isThere: () => isThere,
    isStopped: () => isStopped,
    kill: () => told.push("kill"),
    end: () => told.push("end"),
  });
  onTestFinished(stop);
  const gone = () => {
    isThere = false;
  };
  const runs = () => {
    isStopped = false;
  };
  return { beats, told, gone, runs };
}

test("a broker that was stopped is killed after ten seconds, and not before", () => {
  const { told } = kept();
  vi.advanceTimersByTime(BEAT_MS * STOPPED_MAX);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(BEAT_MS);
  expect(told).toEqual(["kill", "end"]);
  vi.advanceTimersByTime(BEAT_MS * 100);
  expect(told).toEqual(["kill", "end"]);
});

test("one that runs and says nothing, as one that is busy does, has a minute", () => {
  const { told, runs } = kept();
  runs();
  vi.advanceTimersByTime(BEAT_MS * SILENT_MAX);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(BEAT_MS);
  expect(told).toEqual(["kill", "end"]);
});

test("each word of it counts anew, also when several come at once", async () => {
  const { beats, told } = kept();
  for (let n = 0; n < 5; n += 1) {
    vi.advanceTimersByTime(BEAT_MS * STOPPED_MAX);
    const heard = once(beats, "data");
    beats.write("...");
    await heard;
  }
  expect(told).toEqual([]);
});

test("one whose number somebody else has got meanwhile is never killed", () => {
  const { told, gone } = kept();
  vi.advanceTimersByTime(BEAT_MS * STOPPED_MAX);
  gone();
  vi.advanceTimersByTime(BEAT_MS * 2);
  expect(told).toEqual(["end"]);
});

test("it ends with the broker", async () => {
  const { beats, told } = kept();
  const closed = once(beats, "close");
  beats.destroy();
  await closed;
  expect(told).toEqual(["end"]);
});

test("as process 1 of a container a broker is refused, for nothing within could end it", async () => {
  await expect(Keeper.start(() => {}, 1)).rejects.toThrow(/start it with an init/);
});

const watched = (more = "") => `
  const { Keeper } = await import(${JSON.stringify(KEEPER)});
  const keeper = await Keeper.start((line) => process.stdout.write(line + "\\n"));
  ${more}
  setInterval(() => {}, 1_000);
  process.stdout.write("watched\\n");`;

const start = (program: string) =>
  startChild(process.execPath, ["--input-type=module-typescript", "-e", program], {
    ready: /watched\n/,
  });

test("a process that was stopped is dead before anybody lets it go on", async () => {
  const child = await start(watched());
  child.process.kill("SIGSTOP");
  expect(await child.ended).toBe("SIGKILL");
}, 120_000);

test("a keeper that is lost is followed by another one", async () => {
  const child = await start(
    watched("process.once('SIGUSR2', () => keeper.child.kill('SIGKILL'));"),
  );
  child.process.kill("SIGUSR2");
  await expect.poll(() => child.output, { timeout: 60_000 }).toContain("another one is started");
  await child.stop("SIGKILL");
}, 120_000);
