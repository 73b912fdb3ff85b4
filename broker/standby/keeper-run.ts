/** Started by `keeper.ts`: node keeper-run.ts PID-OF-THE-BROKER */
import { readFileSync } from "node:fs";
import { keep } from "./keeper-process.ts";

const broker = Number(process.argv[2]);
// Ctrl-C and a service's stop go to it too: it ends when the broker has.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
keep({
  beats: process.stdin,
  // A number that somebody else has got meanwhile is no child's parent.
  isThere: () => process.ppid === broker,
  isStopped,
  kill: () => process.kill(broker, "SIGKILL"),
  end: () => process.exit(0),
});
process.stdout.write("watching\n");

/** proc(5): the state stands behind the name, which is in brackets and may hold anything. */
function isStopped(): boolean {
  try {
    const stat = readFileSync(`/proc/${broker}/stat`, "utf8");
    return /^[Tt] /.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    // Where there is no such file, the longer time counts.
    return false;
  }
}
