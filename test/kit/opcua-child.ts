/** The OPC UA process, as the system sees it. */
import { readdirSync, readFileSync } from "node:fs";

/** Of this process, or of another one. */
export function opcuaChildOf(parent: number): number | undefined {
  const tasks = readdirSync(`/proc/${parent}/task`);
  const children = tasks.flatMap((task) =>
    read(`/proc/${parent}/task/${task}/children`).split(" "),
  );
  return children
    .filter(Boolean)
    .map(Number)
    .find((pid) => read(`/proc/${pid}/cmdline`).includes("opcua-child"));
}

/** A zombie has ended: nobody has asked for its exit code yet. */
export function isRunning(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}
