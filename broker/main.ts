/** `npm start`: runs the broker until it is told to stop. */
import { startTold } from "./start-help.ts";

const told = startTold(process.argv.slice(2));
if (told) {
  const to = told.code === 0 ? process.stdout : process.stderr;
  to.write(told.text);
  process.exitCode = told.code;
} else {
  const { runBroker } = await import("./run.ts");
  await runBroker(process.env);
}
