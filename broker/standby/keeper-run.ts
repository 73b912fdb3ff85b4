/** Started by `keeper.ts`: node keeper-run.ts PID-OF-THE-BROKER */
import { keep } from "./keeper-process.ts";

const broker = Number(process.argv[2]);
// Ctrl-C and a service's stop go to it too: it ends when the broker has.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
keep({
  beats: process.stdin,
  // A number that somebody else has got meanwhile is no child's parent.
  isThere: () => process.ppid === broker,
  kill: () => process.kill(broker, "SIGKILL"),
  end: () => process.exit(0),
});
process.stdout.write("watching\n");
