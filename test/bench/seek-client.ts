/**
 * Asks for parts of a recording as a player does, segment and key frame side by side on connections
 * that are open, and for as many bytes of a server that only sends, in turns. A process of its own,
 * small and without anything else to do: what it waits for is the server.
 * Reads one job (JSON) from its input, answers one line of JSON.
 */
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";

export interface SeekJob {
  readonly origin: string;
  readonly cookie: string;
  /** Process id of the broker. */
  readonly broker: number;
  /** Of the recording that counts. */
  readonly segments: number;
  /** Of a server that answers `/BYTES`; nothing else. */
  readonly plain: string;
}

export interface SeekTimes {
  readonly samples: readonly number[];
  /** Without the time in which client or broker waited for a processor: what a quiet machine takes. */
  readonly running: readonly number[];
  readonly plain: readonly number[];
  readonly plainRunning: readonly number[];
}

/** Each segment of a day four times. */
const SEEKS = 600;
/** Of another recording, before it counts: until then both ends compile their code. */
const WARMING_SEEKS = 200;

const agent = new Agent({ keepAlive: true });

async function seeks({ origin, cookie, broker, segments, plain }: SeekJob): Promise<SeekTimes> {
  const seek = (session: string, number: number) => {
    const url = `${origin}/api/recordings/${session}/segments/${number}`;
    return Promise.all([url, `${url}/frame`].map((each) => fetched(each, cookie)));
  };
  const copy = (sizes: readonly number[]) =>
    Promise.all(sizes.map((bytes) => fetched(`${plain}/${bytes}`, "")));
  for (let n = 0; n < WARMING_SEEKS; n += 1) await copy(await seek("minute", 0));
  const times = { samples: [], running: [], plain: [], plainRunning: [] } as {
    [Name in keyof SeekTimes]: number[];
  };
  for (let n = 0; n < SEEKS; n += 1) {
    let sizes: readonly number[] = [];
    const own = await timed(broker, async () => {
      sizes = await seek("day", (n * 89) % segments);
    });
    const other = await timed(undefined, () => copy(sizes));
    times.samples.push(own.ms);
    times.running.push(own.runningMs);
    times.plain.push(other.ms);
    times.plainRunning.push(other.runningMs);
  }
  return times;
}

async function timed(
  server: number | undefined,
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly runningMs: number }> {
  const waited = () => waitedMs(process.pid) + (server === undefined ? 0 : waitedMs(server));
  const waitedBefore = waited();
  const fromMs = performance.now();
  await work();
  const ms = performance.now() - fromMs;
  return { ms, runningMs: Math.max(0, ms - (waited() - waitedBefore)) };
}

/** How many bytes it answers. */
function fetched(url: string, cookie: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { cookie } }, (answer) => {
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
      });
      answer.once("end", () => {
        if (answer.statusCode === 200) resolve(bytes);
        else reject(new Error(`${url} answered ${answer.statusCode}`));
      });
    }).once("error", reject);
  });
}

/** How long the first thread of a process was ready to run and did not, since it began (Linux). */
function waitedMs(pid: number): number {
  try {
    const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}

const times = await seeks(JSON.parse(readFileSync(0, "utf8")) as SeekJob);
agent.destroy();
process.stdout.write(`${JSON.stringify(times)}\n`);
