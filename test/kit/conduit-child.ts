/** The conduit as a process of its own, as foreign clients, drills and benches use it. */
import path from "node:path";
import { type Child, startChild } from "./child.ts";

export interface ConduitOptions {
  readonly plant: string;
  readonly profile: string;
  readonly recordings: string;
  readonly endpoint?: string;
  readonly more?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ConduitChild extends Child {
  readonly port: number;
}

const SCRIPT = path.join(import.meta.dirname, "conduit.ts");

export async function startConduit(options: ConduitOptions): Promise<ConduitChild> {
  const { plant, profile, recordings, endpoint = "plc/modbus", more = [], env = {} } = options;
  const child = await startChild(
    process.execPath,
    [
      SCRIPT,
      ...["--plant", plant, "--endpoint", endpoint, "--profile", profile],
      ...["--listen", "0", "--recordings", recordings],
      ...more,
    ],
    { ready: /listening on 127\.0\.0\.1:(\d+)/, env },
  );
  const port = Number(child.ready[1]);
  return {
    port,
    process: child.process,
    ready: child.ready,
    ended: child.ended,
    stop: child.stop,
    get output() {
      return child.output;
    },
  };
}
