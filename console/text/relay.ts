/** Words about bytes that nobody decodes. */

export const relayText = {
  act: "Bytes",
  what: "passed on whole, not decoded",
  title: "Not decoded",
  body:
    "What these bytes did is not known to the broker: it decided once that the connection passes, " +
    "recorded every byte, and passed them on. Export as pcapng shows them in Wireshark.",
  workTitle: "Bytes that are not decoded",
  work:
    "There is nothing to work with in the browser: a tool of yours speaks with the asset through " +
    "this command on your machine, which has to come within seconds. All of it is recorded, and nobody here knows what it means.",
} as const;
