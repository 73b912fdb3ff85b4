/** `npm start`: runs the broker until it is told to stop. */
import { runBroker } from "./run.ts";

await runBroker(process.env);
