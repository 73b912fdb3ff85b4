/** In the place of a picture: that there is none, and where the bytes are. */
import { Empty } from "../components/states.tsx";
import { relayText as words } from "../text/relay.ts";

export function RelayStage() {
  return <Empty title={words.title}>{words.body}</Empty>;
}
