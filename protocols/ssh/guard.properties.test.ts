import { guardProperties } from "../../test/kit/guard-properties.ts";
import { channel, client, joined, reply } from "../../test/kit/ssh-samples.ts";
import { SshGuard } from "./guard.ts";
import { encodeMessage } from "./message.ts";

guardProperties({
  name: "SSH",
  create: () => new SshGuard(),
  client,
  request: channel.map((all) => joined(all.map(encodeMessage))),
  reply,
  requestOf: () => 0,
  /** Two inboxes of a channel, and two of a filter, at their fullest. */
  retainedMax: 2 * 262_144 + 2 * 524_296 + 65_536,
  runs: 200,
});
