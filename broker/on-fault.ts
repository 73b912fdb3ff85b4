/** Errors that nobody caught end the broker: what is inconsistent must not go on deciding. */
export function onFault(end: (error: unknown) => void): void {
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
