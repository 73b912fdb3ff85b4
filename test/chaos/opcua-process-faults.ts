/**
 * Loaded into the OPC UA process (`NODE_OPTIONS=--import=…`): what a fault of the library could do
 * there, at a signal.
 *
 *     SIGUSR2 -> an endless loop
 *     SIGHUP  -> all memory is used up
 *     SIGPWR  -> buffers, which no limit of the heap counts, without end
 *     SIGALRM -> an error that nobody catches
 */
process.on("SIGUSR2", () => {
  for (;;);
});
process.on("SIGHUP", () => {
  const all: unknown[] = [];
  for (;;) all.push(Array.from({ length: 100_000 }, (_, at) => ({ at })));
});
process.on("SIGPWR", () => {
  const all: Buffer[] = [];
  setInterval(() => all.push(Buffer.alloc(PIECE, 1)), 10);
});
process.on("SIGALRM", () => {
  setTimeout(() => {
    throw new Error("injected in the OPC UA process");
  }, 1);
});

const PIECE = 32 * 1_048_576;
