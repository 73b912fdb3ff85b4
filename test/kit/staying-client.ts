/** Somebody who was shown out, and does not close their end of the connection. */
import { once } from "node:events";
import { connect } from "node:net";

/** Resolves with what was answered, once the other side has let go of the whole connection. */
export async function stayAfter(port: number, asked: string): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let answer = "";
  socket.on("data", (part) => {
    answer += part;
  });
  // Whoever is not there any more tells so who goes on saying something.
  socket.on("error", () => {});
  socket.write(asked);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "end");
  const more = setInterval(() => socket.write("x"), 50);
  await closed;
  clearInterval(more);
  return answer;
}
