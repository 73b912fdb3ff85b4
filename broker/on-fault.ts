/** Errors that nobody caught: they end the broker, unless they are a library's on one connection. */
import { endedItsConnection } from "./legs/opcua/library-scope.ts";

export function onFault(end: (error: unknown) => void): void {
  const fault = (error: unknown) => {
    if (!endedItsConnection(error)) end(error);
  };
  process.on("uncaughtException", fault);
  process.on("unhandledRejection", fault);
}
